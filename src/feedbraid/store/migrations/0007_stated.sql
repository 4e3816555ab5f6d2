-- What a copy was read from, as a digest: an entry that is stated as before is not read again.
ALTER TABLE copy ADD COLUMN stated TEXT NOT NULL DEFAULT '';
