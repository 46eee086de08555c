-- Orleans' AdoNet providers bring no SQL of their own: at its start a silo reads this table and takes every statement from
-- it. Names of keys, parameters and result columns are the providers' contract; the tables and statements are ours.
CREATE TABLE orleansquery (
    querykey  text NOT NULL,
    querytext text NOT NULL,
    PRIMARY KEY (querykey)
);
