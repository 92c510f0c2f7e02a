-- Studies, series and instances; what is being stored and what is to be removed.
-- The rules for changing this schema: migrations/README.md.
--
-- Text is compared octet by octet. Times in columns named *_at, *_until are milliseconds since 1970 UTC. Values of search
-- columns are in the form in which they are compared (README); the attributes as given are in *_attributes.

-- The least migration that a program must know to work with this database. Contract migrations raise it.
CREATE TABLE schema_floor (version BIGINT NOT NULL);
INSERT INTO schema_floor (version) VALUES (1);

-- The last numbers handed out; one row. Numbers are never used twice, so a revision never comes back with other content.
CREATE TABLE last_number (
    revision         BIGINT NOT NULL,
    study            BIGINT NOT NULL,
    study_attributes BIGINT NOT NULL,
    series           BIGINT NOT NULL,
    instance         BIGINT NOT NULL
);
INSERT INTO last_number (revision, study, study_attributes, series, instance) VALUES (0, 0, 0, 0, 0);

CREATE TABLE facility (
    name        TEXT   NOT NULL PRIMARY KEY,
    quota_bytes BIGINT
);

CREATE TABLE study (
    id                              INTEGER NOT NULL PRIMARY KEY,
    facility                        TEXT    NOT NULL REFERENCES facility (name),
    study_instance_uid              TEXT    NOT NULL,
    revision                        BIGINT  NOT NULL,
    version                         BIGINT  NOT NULL DEFAULT 1,
    created_at                      BIGINT  NOT NULL,
    updated_at                      BIGINT  NOT NULL,
    deleted_at                      BIGINT,
    legal_hold                      BOOLEAN NOT NULL DEFAULT FALSE,
    retain_until                    BIGINT,
    quota_bytes                     BIGINT,
    -- The row of study_attributes that the search columns are taken from. No foreign key: the two rows name each other.
    attributes                      BIGINT  NOT NULL,
    series_count                    BIGINT  NOT NULL,
    instance_count                  BIGINT  NOT NULL,
    stored_bytes                    BIGINT  NOT NULL,
    -- Empty, not null, where there is none: it is the order of searches.
    study_date                      TEXT    NOT NULL,
    study_time                      TEXT,
    accession_number                TEXT,
    study_description               TEXT,
    admitting_diagnoses_description TEXT,
    -- As given, for people; what is searched is in study_name.
    patient_name                    TEXT,
    patient_id                      TEXT,
    issuer_of_patient_id            TEXT,
    patient_birth_date              TEXT,
    patient_birth_time              TEXT,
    patient_sex                     TEXT,
    other_patient_ids               TEXT,
    patient_age                     TEXT,
    ethnic_group                    TEXT,
    patient_comments                TEXT,
    study_id                        TEXT,
    requested_procedure_description TEXT,
    admission_id                    TEXT,
    UNIQUE (facility, study_instance_uid)
);
-- The order of every search: in one facility, and in all that the caller sees.
CREATE INDEX study_newest ON study (facility, study_date DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX study_newest_anywhere ON study (study_date DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX study_patient_id ON study (patient_id);
CREATE INDEX study_accession_number ON study (accession_number);
CREATE INDEX study_patient_birth_date ON study (patient_birth_date);
CREATE INDEX study_study_id ON study (study_id);

-- The study attributes that instances of a study brought along: one row for each set of values that differs.
CREATE TABLE study_attributes (
    id             INTEGER NOT NULL PRIMARY KEY,
    study          BIGINT  NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    digest         TEXT    NOT NULL,
    attributes     BLOB    NOT NULL,
    instance_count BIGINT  NOT NULL,
    UNIQUE (study, digest)
);

-- All values of an attribute that has more than one.
CREATE TABLE study_value (
    study     BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    value     TEXT   NOT NULL
);
CREATE INDEX study_value_of ON study_value (study, attribute);
CREATE INDEX study_value_value ON study_value (attribute, value, study);

-- Person names, folded: one row per value and component group (1 alphabetic, 2 ideographic, 3 phonetic).
CREATE TABLE study_name (
    study           BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    attribute       TEXT   NOT NULL,
    component_group BIGINT NOT NULL,
    folded          TEXT   NOT NULL
);
CREATE INDEX study_name_of ON study_name (study, attribute, component_group, folded);
CREATE INDEX study_name_folded ON study_name (attribute, folded, component_group, study);

-- The words of person names, folded, for fuzzy matching.
CREATE TABLE study_name_word (
    study     BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    word      TEXT   NOT NULL
);
CREATE INDEX study_name_word_of ON study_name_word (study, attribute, word);
CREATE INDEX study_name_word_word ON study_name_word (attribute, word, study);

-- Which studies contain a text of up to three characters, for patterns that begin with a wildcard. The program makes the
-- tokens (README); rowid is study.id.
CREATE VIRTUAL TABLE study_gram USING fts5 (
    patient_name, patient_id, accession_number, study_description,
    content = '', contentless_delete = 1, detail = 'column', tokenize = 'ascii'
);

CREATE TABLE study_modality (
    study        BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    modality     TEXT   NOT NULL,
    series_count BIGINT NOT NULL,
    PRIMARY KEY (study, modality)
);
CREATE INDEX study_modality_modality ON study_modality (modality, study);

CREATE TABLE study_sop_class (
    study          BIGINT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    sop_class_uid  TEXT   NOT NULL,
    instance_count BIGINT NOT NULL,
    PRIMARY KEY (study, sop_class_uid)
);

CREATE TABLE series (
    id                                  INTEGER NOT NULL PRIMARY KEY,
    study                               BIGINT  NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    facility                            TEXT    NOT NULL,
    series_instance_uid                 TEXT    NOT NULL,
    revision                            BIGINT  NOT NULL,
    version                             BIGINT  NOT NULL DEFAULT 1,
    created_at                          BIGINT  NOT NULL,
    updated_at                          BIGINT  NOT NULL,
    deleted_at                          BIGINT,
    legal_hold                          BOOLEAN NOT NULL DEFAULT FALSE,
    retain_until                        BIGINT,
    instance_count                      BIGINT  NOT NULL,
    -- Series Number; the greatest number where there is none.
    series_order                        BIGINT  NOT NULL,
    series_date                         TEXT,
    series_time                         TEXT,
    modality                            TEXT,
    manufacturer                        TEXT,
    institution_name                    TEXT,
    station_name                        TEXT,
    series_description                  TEXT,
    institutional_department_name       TEXT,
    manufacturer_model_name             TEXT,
    body_part_examined                  TEXT,
    device_serial_number                TEXT,
    protocol_name                       TEXT,
    patient_position                    TEXT,
    series_number                       BIGINT,
    frame_of_reference_uid              TEXT,
    laterality                          TEXT,
    performed_procedure_step_start_date TEXT,
    performed_procedure_step_start_time TEXT,
    performed_procedure_step_id         TEXT,
    performed_procedure_step_description TEXT,
    scheduled_procedure_step_id         TEXT,
    requested_procedure_id              TEXT,
    UNIQUE (study, series_instance_uid)
);
CREATE INDEX series_listed ON series (study, series_order, id);
CREATE INDEX series_series_instance_uid ON series (series_instance_uid);
CREATE INDEX series_performed_date ON series (performed_procedure_step_start_date);
CREATE INDEX series_scheduled_step ON series (scheduled_procedure_step_id);
CREATE INDEX series_requested_procedure ON series (requested_procedure_id);

CREATE TABLE series_attributes (
    series     INTEGER NOT NULL PRIMARY KEY REFERENCES series (id) ON DELETE CASCADE,
    attributes BLOB    NOT NULL
);

CREATE TABLE series_value (
    series    BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    value     TEXT   NOT NULL
);
CREATE INDEX series_value_of ON series_value (series, attribute);
CREATE INDEX series_value_value ON series_value (attribute, value, series);

CREATE TABLE series_name (
    series          BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    attribute       TEXT   NOT NULL,
    component_group BIGINT NOT NULL,
    folded          TEXT   NOT NULL
);
CREATE INDEX series_name_of ON series_name (series, attribute, component_group, folded);
CREATE INDEX series_name_folded ON series_name (attribute, folded, component_group, series);

CREATE TABLE series_name_word (
    series    BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    word      TEXT   NOT NULL
);
CREATE INDEX series_name_word_of ON series_name_word (series, attribute, word);
CREATE INDEX series_name_word_word ON series_name_word (attribute, word, series);

CREATE TABLE instance (
    id                    INTEGER NOT NULL PRIMARY KEY,
    series                BIGINT  NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    facility              TEXT    NOT NULL,
    sop_instance_uid      TEXT    NOT NULL,
    sop_class_uid         TEXT    NOT NULL,
    transfer_syntax_uid   TEXT    NOT NULL,
    revision              BIGINT  NOT NULL,
    version               BIGINT  NOT NULL,
    created_at            BIGINT  NOT NULL,
    deleted_at            BIGINT,
    legal_hold            BOOLEAN NOT NULL DEFAULT FALSE,
    retain_until          BIGINT,
    -- The row of study_attributes with what this instance says of its study.
    study_attributes      BIGINT  NOT NULL,
    object_key            TEXT    NOT NULL,
    object_length         BIGINT  NOT NULL,
    stored_digest         BLOB    NOT NULL,
    received_digest       BLOB    NOT NULL,
    data_set_offset       BIGINT  NOT NULL,
    deflated              BOOLEAN NOT NULL,
    -- Pixel Data; all null where there is none, the native ones also where it is encapsulated.
    pixel_frames          BIGINT,
    pixel_rows            BIGINT,
    pixel_columns         BIGINT,
    pixel_samples         BIGINT,
    pixel_bits_allocated  BIGINT,
    native_offset         BIGINT,
    native_length         BIGINT,
    native_frame_bits     BIGINT,
    native_big_endian     BOOLEAN,
    native_vr             TEXT,
    -- Instance Number; the greatest number where there is none.
    instance_order        BIGINT  NOT NULL,
    image_type            TEXT,
    acquisition_date      TEXT,
    content_date          TEXT,
    acquisition_time      TEXT,
    content_time          TEXT,
    acquisition_number    BIGINT,
    instance_number       BIGINT,
    image_comments        TEXT,
    number_of_frames      BIGINT,
    rows                  BIGINT,
    columns               BIGINT,
    bits_allocated        BIGINT,
    completion_flag       TEXT,
    verification_flag     TEXT,
    content_label         TEXT,
    content_description   TEXT,
    UNIQUE (facility, sop_instance_uid)
);
CREATE INDEX instance_listed ON instance (series, instance_order, id);

CREATE TABLE instance_attributes (
    instance   INTEGER NOT NULL PRIMARY KEY REFERENCES instance (id) ON DELETE CASCADE,
    attributes BLOB    NOT NULL
);

CREATE TABLE instance_value (
    instance  BIGINT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    attribute TEXT   NOT NULL,
    value     TEXT   NOT NULL
);
CREATE INDEX instance_value_of ON instance_value (instance, attribute);

-- DICOM JSON, ready to be sent.
CREATE TABLE instance_metadata (
    instance INTEGER NOT NULL PRIMARY KEY REFERENCES instance (id) ON DELETE CASCADE,
    prepared BLOB    NOT NULL
);

-- Where the frames of encapsulated Pixel Data lie, some thousand frames to a row.
CREATE TABLE instance_frames (
    instance    BIGINT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    first_frame BIGINT NOT NULL,
    piece       BLOB   NOT NULL,
    PRIMARY KEY (instance, first_frame)
);

-- Where bulk values lie; no row where there are none.
CREATE TABLE instance_bulk (
    instance    INTEGER NOT NULL PRIMARY KEY REFERENCES instance (id) ON DELETE CASCADE,
    bulk_values BLOB    NOT NULL
);

-- Where instances disagree with their study about the patient.
CREATE TABLE disagreement (
    id               INTEGER NOT NULL PRIMARY KEY,
    study            BIGINT  NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    study_attributes BIGINT  NOT NULL REFERENCES study_attributes (id) ON DELETE CASCADE,
    attribute        TEXT    NOT NULL,
    study_value      TEXT    NOT NULL,
    instance_value   TEXT    NOT NULL,
    noted_at         BIGINT  NOT NULL,
    resolved_at      BIGINT,
    UNIQUE (study_attributes, attribute)
);
CREATE INDEX disagreement_study ON disagreement (study);

-- What a store is about to write to the archive.
CREATE TABLE intent (
    id           TEXT   NOT NULL PRIMARY KEY,
    begun_at     BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL
);
CREATE INDEX intent_heartbeat ON intent (heartbeat_at);

CREATE TABLE intent_object (
    object_key TEXT NOT NULL PRIMARY KEY,
    intent     TEXT NOT NULL REFERENCES intent (id) ON DELETE CASCADE,
    upload_id  TEXT
);
CREATE INDEX intent_object_intent ON intent_object (intent);

-- Objects that nothing refers to any more.
CREATE TABLE removal (
    id         INTEGER NOT NULL PRIMARY KEY,
    object_key TEXT    NOT NULL UNIQUE,
    due_at     BIGINT  NOT NULL
);
CREATE INDEX removal_due ON removal (due_at, id);

-- Statistics of a large archive, the same in every database, so that plans do not change from one to the next. Never run
-- ANALYZE or PRAGMA optimize on this schema. Numbers: rows, then rows per value of the first, first two, ... columns.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('study', 'sqlite_autoindex_study_1', '100000 50000 1'),
    ('study', 'study_newest', '100000 50000 30 1'),
    ('study', 'study_newest_anywhere', '100000 50 1'),
    ('study', 'study_patient_id', '100000 4'),
    ('study', 'study_accession_number', '100000 2'),
    ('study', 'study_patient_birth_date', '100000 10'),
    ('study', 'study_study_id', '100000 5'),
    ('study_attributes', 'sqlite_autoindex_study_attributes_1', '200000 2 1'),
    ('study_value', 'study_value_of', '5000 2 2'),
    ('study_value', 'study_value_value', '5000 1000 2 1'),
    ('study_name', 'study_name_of', '200000 2 1 1 1'),
    ('study_name', 'study_name_folded', '200000 100000 5 5 1'),
    ('study_name_word', 'study_name_word_of', '400000 4 2 1'),
    ('study_name_word', 'study_name_word_word', '400000 200000 20 1'),
    ('study_modality', 'sqlite_autoindex_study_modality_1', '150000 2 1'),
    ('study_modality', 'study_modality_modality', '150000 10000 1'),
    ('study_sop_class', 'sqlite_autoindex_study_sop_class_1', '200000 2 1'),
    ('series', 'sqlite_autoindex_series_1', '400000 4 1'),
    ('series', 'series_listed', '400000 4 1 1'),
    ('series', 'series_series_instance_uid', '400000 1'),
    ('series', 'series_performed_date', '400000 200'),
    ('series', 'series_scheduled_step', '400000 4'),
    ('series', 'series_requested_procedure', '400000 4'),
    ('series_value', 'series_value_of', '20000 2 2'),
    ('series_value', 'series_value_value', '20000 4000 4 1'),
    ('series_name', 'series_name_of', '400000 1 1 1 1'),
    ('series_name', 'series_name_folded', '400000 200000 1000 1000 1'),
    ('series_name_word', 'series_name_word_of', '800000 2 2 1'),
    ('series_name_word', 'series_name_word_word', '800000 400000 2000 1'),
    ('instance', 'sqlite_autoindex_instance_1', '40000000 20000000 1'),
    ('instance', 'instance_listed', '40000000 100 1 1'),
    ('instance_value', 'instance_value_of', '120000000 3 3');
