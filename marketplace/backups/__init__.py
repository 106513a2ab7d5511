"""Backups: the whole site as a folder of open formats, and the way back.

One format for both databases: a compressed file of JSON lines per table, read in one snapshot
while the site runs, the uploads as they are, and a manifest with the hash of every file. So a
backup of SQLite can be restored into PostgreSQL, and the other way round.
"""
