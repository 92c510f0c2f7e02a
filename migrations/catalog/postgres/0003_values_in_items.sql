-- Values in items of sequences, which are searched by. Older programs leave these tables empty: what they wrote is completed by
-- `noctis migrate` (README).

-- The numbers up to which rows were completed.
CREATE TABLE last_indexed (
    study    BIGINT NOT NULL,
    series   BIGINT NOT NULL,
    instance BIGINT NOT NULL
);
INSERT INTO last_indexed (study, series, instance) VALUES (0, 0, 0);

-- One row for each value. `attribute` is its path; `item` the number of the item in the outermost sequence, from 1 on;
-- `inner_item` that of the item within, 0 for what is directly in the outermost one.
CREATE TABLE study_item (
    study      BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    attribute  TEXT COLLATE "C" NOT NULL,
    item       BIGINT NOT NULL,
    inner_item BIGINT NOT NULL,
    value      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX study_item_of ON study_item (study, attribute, item, inner_item);
CREATE INDEX study_item_value ON study_item (attribute, value, study);

CREATE TABLE series_item (
    series     BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    attribute  TEXT COLLATE "C" NOT NULL,
    item       BIGINT NOT NULL,
    inner_item BIGINT NOT NULL,
    value      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX series_item_of ON series_item (series, attribute, item, inner_item);
CREATE INDEX series_item_value ON series_item (attribute, value, series);

CREATE TABLE instance_item (
    instance   BIGINT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    attribute  TEXT COLLATE "C" NOT NULL,
    item       BIGINT NOT NULL,
    inner_item BIGINT NOT NULL,
    value      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX instance_item_of ON instance_item (instance, attribute, item, inner_item);
CREATE INDEX instance_item_value ON instance_item (attribute, value, instance);

GRANT SELECT ON study_item, series_item, instance_item TO catalog_reader;
GRANT SELECT, INSERT, DELETE ON study_item, series_item, instance_item TO catalog_writer;
