-- Who may do what in this schema, and the wall between facilities (docs/adr/0005).
--
-- The two roles are groups that nobody logs in as; they are made before this runs (libs/catalog, postgres/migrate.rs).

-- Reading by search goes through these: views read with the rights of their owner, to whom the wall below does not apply.
CREATE VIEW searched_study AS SELECT * FROM study;
CREATE VIEW searched_series AS SELECT * FROM series;
CREATE VIEW searched_instance AS SELECT * FROM instance;

GRANT USAGE ON SCHEMA catalog TO catalog_reader, catalog_writer;

GRANT SELECT ON schema_floor, _sqlx_migrations TO catalog_reader, catalog_writer;

GRANT SELECT ON
    study, study_attributes, study_value, study_name, study_name_word, study_gram, study_modality, study_sop_class,
    series, series_attributes, series_value, series_name, series_name_word,
    instance, instance_attributes, instance_value, instance_metadata, instance_frames, instance_bulk,
    disagreement, searched_study, searched_series, searched_instance
    TO catalog_reader;

GRANT SELECT, INSERT ON facility TO catalog_writer;
GRANT SELECT, INSERT, DELETE ON
    study_value, study_name, study_name_word, study_gram,
    series_attributes, series_value, series_name, series_name_word,
    instance_attributes, instance_value, instance_metadata, instance_frames, instance_bulk,
    intent_object, removal
    TO catalog_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    study, study_attributes, study_modality, study_sop_class, series, instance, disagreement, intent
    TO catalog_writer;
-- For the locks under which two processes share the list.
GRANT UPDATE (due_at) ON removal TO catalog_writer;
GRANT USAGE ON SEQUENCE
    revision, study_id_seq, study_attributes_id_seq, series_id_seq, instance_id_seq, disagreement_id_seq, removal_id_seq
    TO catalog_writer;

-- The facilities that the transaction may reach: none unless it says so.
CREATE FUNCTION scope_facilities() RETURNS TEXT[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(current_setting('noctis.facilities', TRUE), ',');

ALTER TABLE study ENABLE ROW LEVEL SECURITY;
ALTER TABLE series ENABLE ROW LEVEL SECURITY;
ALTER TABLE instance ENABLE ROW LEVEL SECURITY;
ALTER TABLE instance_metadata ENABLE ROW LEVEL SECURITY;
ALTER TABLE instance_frames ENABLE ROW LEVEL SECURITY;
ALTER TABLE instance_bulk ENABLE ROW LEVEL SECURITY;

-- The inner SELECT is carried out once per statement, not once per row.
CREATE POLICY in_scope ON study USING (facility = ANY ((SELECT scope_facilities())::TEXT[]));
CREATE POLICY in_scope ON series USING (facility = ANY ((SELECT scope_facilities())::TEXT[]));
CREATE POLICY in_scope ON instance USING (facility = ANY ((SELECT scope_facilities())::TEXT[]));

-- Whoever sees the instance; its own policy decides that.
CREATE POLICY in_scope ON instance_metadata
    USING (EXISTS (SELECT 1 FROM instance i WHERE i.id = instance_metadata.instance));
CREATE POLICY in_scope ON instance_frames
    USING (EXISTS (SELECT 1 FROM instance i WHERE i.id = instance_frames.instance));
CREATE POLICY in_scope ON instance_bulk
    USING (EXISTS (SELECT 1 FROM instance i WHERE i.id = instance_bulk.instance));
