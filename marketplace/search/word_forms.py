"""The form of a word that staff teach the search. It only parses."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice

from marketplace.search.lexicon import Concept
from marketplace.search.models import Synonym
from marketplace.search.synonym_rules import ONLY_EACH_OTHER, SynonymDraft
from marketplace.search.word_fields import concept_name


class WordForm(FlaskForm):
    words = StringField(_l("Word or phrase"))
    same_as = StringField(_l("Means the same as"))
    concept = RadioField(_l("Which of these?"), validate_choice=False)
    both = BooleanField(_l("It means both"))

    def offer(self, meanings: Iterable[Concept]) -> None:
        """Let one of these be chosen."""
        choices = [SelectChoice(one.slug, concept_name(one)) for one in meanings]
        own = SelectChoice(ONLY_EACH_OTHER, _l("none of these, only this very word"))
        self.concept.choices = [*choices, own]

    def show(self, row: Synonym) -> None:
        self.words.data, self.same_as.data = row.words, row.same_as
        self.concept.data, self.both.data = row.concept or ONLY_EACH_OTHER, True

    def draft(self) -> SynonymDraft:
        return SynonymDraft(
            words=self.words.data or "",
            same_as=self.same_as.data or "",
            concept=self.concept.data or "",
            both=bool(self.both.data),
        )
