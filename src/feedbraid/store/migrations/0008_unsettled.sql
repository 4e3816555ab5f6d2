-- New copies are settled in the order of their keys, some at a time.
DROP INDEX copy_unsettled;
CREATE INDEX copy_unsettled ON copy (key, origin, ref) WHERE settled = 0;
