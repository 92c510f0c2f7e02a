-- Values in items of sequences, which are searched by. Older programs leave these tables empty: what they wrote is completed when
-- a newer one opens the file (README).

-- The numbers up to which rows were written or completed by programs that know these tables.
ALTER TABLE last_number ADD COLUMN indexed_study BIGINT NOT NULL DEFAULT 0;
ALTER TABLE last_number ADD COLUMN indexed_series BIGINT NOT NULL DEFAULT 0;
ALTER TABLE last_number ADD COLUMN indexed_instance BIGINT NOT NULL DEFAULT 0;

-- One row for each value. `attribute` is its path; `item` the number of the item in the outermost sequence, from 1 on;
-- `inner_item` that of the item within, 0 for what is directly in the outermost one.
CREATE TABLE study_item (
    study      BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    attribute  TEXT   NOT NULL,
    item       BIGINT NOT NULL,
    inner_item BIGINT NOT NULL,
    value      TEXT   NOT NULL
);
CREATE INDEX study_item_of ON study_item (study, attribute, item, inner_item, value);
CREATE INDEX study_item_value ON study_item (attribute, value, study, item, inner_item);

CREATE TABLE series_item (
    series     BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    attribute  TEXT   NOT NULL,
    item       BIGINT NOT NULL,
    inner_item BIGINT NOT NULL,
    value      TEXT   NOT NULL
);
CREATE INDEX series_item_of ON series_item (series, attribute, item, inner_item, value);
CREATE INDEX series_item_value ON series_item (attribute, value, series, item, inner_item);

CREATE TABLE instance_item (
    instance   BIGINT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    attribute  TEXT   NOT NULL,
    item       BIGINT NOT NULL,
    inner_item BIGINT NOT NULL,
    value      TEXT   NOT NULL
);
CREATE INDEX instance_item_of ON instance_item (instance, attribute, item, inner_item, value);
CREATE INDEX instance_item_value ON instance_item (attribute, value, instance, item, inner_item);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('study_item', 'study_item_of', '400000 4 2 2 2 1'),
    ('study_item', 'study_item_value', '400000 50000 50 2 1 1'),
    ('series_item', 'series_item_of', '4000000 10 2 2 1 1'),
    ('series_item', 'series_item_value', '4000000 400000 50 2 1 1'),
    ('instance_item', 'instance_item_of', '80000000 2 2 1 1 1'),
    ('instance_item', 'instance_item_value', '80000000 8000000 100 1 1 1');
