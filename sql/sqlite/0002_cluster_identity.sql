-- The few values that the process must find again after a restart. Written once.
CREATE TABLE cluster_identity (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
