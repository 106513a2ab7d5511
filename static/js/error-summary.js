// A page that came back with errors begins at its list of errors, for eyes and screen readers alike.
const summary = document.querySelector(".error-summary");
summary?.focus();
