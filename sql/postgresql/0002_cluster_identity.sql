-- The few values that every silo must agree on before it serves anything. Written once, by whoever comes first.
CREATE TABLE cluster_identity (
    name  text  NOT NULL COLLATE "C",
    value bytea NOT NULL,
    PRIMARY KEY (name)
);
