-- Which database this is. A dump carries the row to another one, where it no longer fits: that is how a restored state is
-- told from one that has gone on without a break.
CREATE TABLE database_origin (
    is_here  boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (is_here),
    identity text    NOT NULL COLLATE "C",
    timeline text    NOT NULL COLLATE "C"
);
