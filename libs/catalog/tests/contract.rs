//! What every catalog must do, whatever it keeps its rows in. The tests in `contract/` know nothing but the public API;
//! here they are run over each backend.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod contract {
    pub mod concurrency;
    pub mod deletes;
    pub mod disagreements;
    pub mod empty;
    pub mod fixture;
    pub mod intents;
    pub mod items;
    pub mod moments;
    pub mod names;
    pub mod orders;
    pub mod paging;
    pub mod reads;
    pub mod returned;
    pub mod sample;
    pub mod search;
    pub mod sequences;
    pub mod server;
    pub mod stores;
    pub mod zones;
}

/// Makes a test per line for a backend, given by the function that opens it in a folder.
macro_rules! tests_over {
    ($backend:ident, $open:path; $($module:ident: $($test:ident)+;)+) => {
        mod $backend {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let fixture = crate::contract::fixture::Fixture::new(|folder| Box::pin($open(folder))).await;
                    crate::contract::$module::$test(&fixture).await;
                    fixture.assert_other_facility_untouched().await;
                })+
            })+
        }
    };
}

async fn sqlite(
    folder: std::path::PathBuf,
) -> Result<(catalog::CatalogWriter, catalog::CatalogReader), catalog::Error> {
    catalog::open_sqlite(&folder, catalog::SqliteOptions::default()).await
}

/// All tests over a backend.
macro_rules! contract {
    ($backend:ident, $open:path) => {
        tests_over! { $backend, $open;
                stores:
                    what_is_stored_is_found
                    the_same_bytes_again_are_already_stored
                    other_bytes_are_refused
                    other_bytes_leave_the_first
                    other_bytes_become_a_new_version
                    the_same_uid_elsewhere_is_a_duplicate
                    a_new_version_moves_to_another_study
                    the_same_uid_twice_in_a_chunk
                    held_instances_are_not_replaced
                    an_empty_chunk_ends_its_intent
                    revisions_grow_and_never_come_back
                    a_caller_that_goes_away_does_not_cancel
                    what_was_stored_survives_a_restart;
                intents:
                    a_commit_ends_its_intent
                    a_commit_without_intent_stores_nothing
                    a_key_outside_of_the_intent_stores_nothing
                    keys_in_use_are_refused
                    unused_keys_are_removed
                    stale_intents_are_listed
                    abandoned_objects_are_due_at_once
                    a_clock_that_was_ahead_holds_nothing_up;
                deletes:
                    instances_series_and_studies_go
                    what_is_left_empty_goes_too
                    objects_are_due_after_the_grace_period
                    held_resources_stay
                    retained_resources_stay_until_then
                    what_is_not_in_scope_does_not_exist
                    the_home_facility_is_meant
                    a_study_deleted_may_come_again;
                disagreements:
                    another_patient_is_noted_once
                    nobody_resolves_those_of_others
                    they_go_with_their_instances
                    the_study_forgets_a_patient_whose_images_are_gone
                    they_are_of_each_study_alone;
                reads:
                    instances_come_in_order_and_in_pages
                    metadata_comes_as_it_went
                    one_instance_with_all_that_is_known
                    an_instance_that_changed_is_never_read_as_it_was
                    frames_of_many_pieces
                    bulk_values
                    what_is_not_there;
                search:
                    text_is_matched_exactly
                    wildcards
                    characters_of_other_languages_are_plain
                    short_patterns
                    alternatives
                    dates_and_times
                    numbers
                    uid_lists
                    any_of_several_values_matches
                    keys_of_all_levels
                    the_six_resources
                    computed_keys
                    requests_of_series
                    keys_are_combined
                    patterns_match_what_a_plain_matcher_says
                    nothing_matches_what_is_hostile;
                names:
                    names_match_without_case_and_accents
                    names_match_in_every_component_group
                    names_match_by_any_part
                    fuzzy_names_match_by_words
                    other_names_match_too;
                empty:
                    what_is_empty_or_absent_is_found;
                items:
                    keys_of_a_sequence_match_in_one_item;
                sequences:
                    values_in_items_of_every_level_are_found
                    keys_match_in_one_item_and_in_one_item_of_that
                    what_is_in_no_item_is_empty
                    a_study_forgets_the_items_of_what_is_gone
                    what_is_hostile_matches_nothing;
                zones:
                    moments_are_compared_in_the_zone_that_is_asked_for
                    every_moment_is_found_where_arithmetic_says
                    dates_and_times_come_back_in_the_zone;
                moments:
                    dates_and_times_are_one_range;
                orders:
                    rows_come_as_asked
                    pages_of_any_order_join
                    too_many_are_not_sorted;
                paging:
                    pages_neither_repeat_nor_leave_out
                    remaining_is_counted_to_a_bound
                    new_studies_come_first;
                returned:
                    everything_that_is_kept
                    only_what_is_listed
                    computed_attributes
                    attributes_above_the_level;
                concurrency:
                    counts_hold_while_stores_and_deletes_race
                    facilities_share_uids_without_touching;
        }
    };
}

contract!(over_sqlite, crate::sqlite);
contract!(over_postgres, crate::contract::server::in_a_database_of_its_own);
