//! Which scenario does what an end-to-end test does, or why none can: see `completeness`.

/// What fault injection makes of a test.
pub(crate) enum Faults {
    /// These scenarios make its calls.
    In(&'static [&'static str]),
    /// Its calls cannot be numbered, or the driver makes none; why.
    None(&'static str),
}

use Faults::{In, None as No};

const RACES: &str = "threads or processes race";
const KILLS: &str = "processes are killed at random moments";
const STRANGER: &str = "the I/O manager refuses before the driver is called";
const NETNS: &str = "the network is Linux's, which nobody fails";

/// The test programs that start the driver, and their tests.
pub(crate) const TESTS: &[(&str, &[(&str, Faults)])] = &[
    (
        "buffers",
        &[
            (
                "a_buffer_of_another_length_is_refused",
                In(&["inputs of another length"]),
            ),
            (
                "an_output_that_is_too_small_is_refused",
                In(&["outputs that are too small"]),
            ),
            (
                "a_reserved_byte_that_is_not_zero_is_refused",
                In(&["reserved bytes that are not zero", "create"]),
            ),
            (
                "an_unknown_control_code_is_no_device_request",
                In(&["codes of no operation"]),
            ),
            (
                "an_output_larger_than_the_answer_gets_the_answer_only",
                In(&["more room than the answer needs"]),
            ),
            (
                "bytes_that_an_address_does_not_use_change_no_key",
                In(&["bytes that an address does not use"]),
            ),
            (
                "a_table_read_row_by_row_is_the_table_read_at_once",
                In(&["table in pages", "table in one page"]),
            ),
            (
                "a_cursor_that_nobody_gave_out_is_out_of_sequence",
                In(&["cursors that nobody gave out"]),
            ),
        ],
    ),
    (
        "cancelled_batches",
        &[
            (
                "an_atomic_batch_that_is_cancelled_half_way_leaves_the_table_as_it_was",
                In(&["a batch that is cancelled half-way"]),
            ),
            (
                "an_atomic_batch_of_a_process_that_dies_half_way_leaves_the_table_as_it_was",
                // The system cancels for the dead: it is the same to the driver.
                In(&["a batch that is cancelled half-way"]),
            ),
        ],
    ),
    (
        "client_values",
        &[
            (
                "a_stream_tells_what_happens_after_its_snapshot",
                In(&["watch from a snapshot on", "watch that waits"]),
            ),
            (
                "a_stream_that_is_dropped_leaves_no_call_behind",
                In(&["watch that is cancelled"]),
            ),
            (
                "a_future_of_a_stream_that_is_dropped_can_be_made_again",
                In(&["watch that waits"]),
            ),
            (
                "a_host_that_goes_away_ends_the_stream",
                No("the host is killed, and the driver with it"),
            ),
            (
                "a_leased_route_is_there_for_as_long_as_its_value",
                In(&["leases that are values"]),
            ),
        ],
    ),
    (
        "covered_prefix",
        &[
            (
                "a_destination_resolves_between_all_calls_of_a_changing_set",
                In(&["declared sets that cover a destination"]),
            ),
            (
                "a_destination_resolves_although_calls_fail",
                In(&["declared sets that cover a destination"]),
            ),
        ],
    ),
    (
        "device_interface",
        &[
            (
                "the_device_is_listed_under_the_class_of_the_contract_and_no_other",
                In(&["start and stop"]),
            ),
            (
                "a_device_that_was_opened_by_its_interface_serves_like_any_other",
                In(&["open and close", "version"]),
            ),
            (
                "the_interface_goes_with_the_device",
                In(&["the driver is unloaded under an owner"]),
            ),
            (
                "a_device_that_is_pulled_out_is_not_listed_though_a_handle_is_open",
                In(&["the device is pulled out"]),
            ),
        ],
    ),
    (
        "documentation",
        &[
            (
                "what_routectl_prints_on_the_page_of_leases_it_prints",
                In(&[
                    "lease that displaces a route",
                    "leases, each with what is known of it",
                    "a route that somebody else leases",
                    "lease of two owners",
                ]),
            ),
            (
                "the_demo_prints_what_the_readme_says",
                In(&[
                    "interface table",
                    "create",
                    "create with host bits",
                    "explain every cause",
                    "table in one page",
                    "best route",
                    "delete",
                ]),
            ),
            (
                "the_example_of_batches_prints_what_its_page_says",
                In(&[
                    "an unsound entry, all or none",
                    "declared set, then an equal one",
                ]),
            ),
            (
                "the_example_of_watch_prints_what_its_page_says",
                In(&["watch from a snapshot on", "watch that waits"]),
            ),
        ],
    ),
    (
        "equal_set",
        &[(
            "an_equal_set_makes_no_write_and_no_notification",
            In(&["declared set, then an equal one", "declared set in pages"]),
        )],
    ),
    (
        "failed_batch",
        &[
            (
                "a_batch_of_which_any_single_call_fails_is_undone_exactly_or_says_what_is_not",
                In(&["entries of each kind, all or none"]),
            ),
            (
                "a_batch_of_which_no_further_call_succeeds_says_what_is_not_undone",
                In(&["entries of each kind, all or none"]),
            ),
        ],
    ),
    (
        "fuzz",
        &[
            (
                "any_request_is_answered_and_nothing_is_left_behind",
                No("its requests are random"),
            ),
            (
                "no_byte_of_an_answer_is_what_was_in_memory_before",
                No("its requests are random"),
            ),
        ],
    ),
    (
        "guard",
        &[
            (
                "a_route_that_is_deleted_again_and_again_comes_back_later_and_later_and_then_stays_away",
                In(&[
                    "a guarded route is deleted",
                    "a guarded route is deleted again and again",
                    "a guard gives up",
                ]),
            ),
            (
                "a_route_that_somebody_else_changes_is_changed_back",
                In(&["a guarded route is changed, and its owner told"]),
            ),
            (
                "a_fight_that_is_over_is_forgotten",
                In(&["a fight that is over is forgotten"]),
            ),
            (
                "a_guard_that_waits_for_its_turn_ends_with_its_owner",
                In(&["a guard ends while it waits for its turn"]),
            ),
            (
                "a_shared_guard_tells_all_owners_and_outlives_the_first",
                In(&["a guard of two owners"]),
            ),
            (
                "two_guards_and_a_third_party_who_insists_come_to_an_end",
                In(&["two guards and a third party"]),
            ),
        ],
    ),
    (
        "import",
        &[
            (
                "a_file_is_foreseen_made_and_found_equal",
                In(&["a file of routes, foreseen, made and found equal"]),
            ),
            (
                "a_file_that_fails_in_the_driver_leaves_the_table_as_it_was",
                In(&[
                    "a file of routes, foreseen, made and found equal",
                    "an unsound entry, all or none",
                ]),
            ),
        ],
    ),
    (
        "interface_removal",
        &[
            (
                "guarded_routes_come_back_with_their_interface",
                In(&["guarded routes come back with their interface"]),
            ),
            (
                "a_guard_whose_interface_is_away_rests",
                In(&["a guard whose interface is away rests"]),
            ),
            (
                "what_is_not_guarded_stays_away_and_is_nobodys_any_more",
                In(&["a lease whose interface goes"]),
            ),
            (
                "a_guard_that_ends_while_its_interface_is_away_puts_nothing_back",
                In(&["a guard ends while its interface is away"]),
            ),
        ],
    ),
    (
        "irql",
        &[(
            "a_request_at_dispatch_level_is_deferred_to_passive_level_before_the_stack_is_entered",
            In(&["requests at DISPATCH_LEVEL"]),
        )],
    ),
    (
        "killed_clients",
        &[
            ("play", No(KILLS)),
            (
                "clients_killed_while_they_change_and_read_the_table_leave_nothing_but_routes",
                No(KILLS),
            ),
            (
                "requests_in_flight_of_killed_clients_are_cancelled",
                No(KILLS),
            ),
            (
                "a_host_that_stops_under_clients_that_work_is_sound",
                No(RACES),
            ),
        ],
    ),
    (
        "killed_owners",
        &[
            ("play", No(KILLS)),
            (
                "a_client_killed_at_any_of_a_thousand_points_leaves_the_table_as_it_was",
                No(KILLS),
            ),
        ],
    ),
    (
        "leases",
        &[
            ("leased_routes_go_with_their_handle", In(&["lease"])),
            (
                "leased_routes_stay_until_the_last_handle_is_closed",
                // The driver hears of the last one only.
                In(&["lease"]),
            ),
            (
                "a_row_that_a_lease_displaced_is_put_back",
                In(&["lease that displaces a route"]),
            ),
            (
                "an_atomic_batch_that_fails_leaves_the_table_as_it_was",
                In(&["an unsound entry, all or none", "three or none"]),
            ),
            (
                "a_dry_run_changes_nothing",
                In(&["entries of each kind, foreseen"]),
            ),
            (
                "a_watch_waits_for_a_change_and_tells_who_made_it",
                In(&["watch that waits", "watch that does not wait"]),
            ),
            (
                "a_watch_of_others_changes_leaves_the_own_ones_out",
                In(&["watch of others' changes"]),
            ),
            (
                "a_pending_watch_ends_with_its_handle",
                In(&["the driver is unloaded under a watcher"]),
            ),
            (
                "a_guarded_route_that_somebody_deletes_comes_back",
                In(&["a guarded route is deleted"]),
            ),
        ],
    ),
    (
        "leases_listed",
        &[
            (
                "a_lease_is_told_with_its_owner_its_guard_and_the_row_that_it_displaced",
                In(&["leases, each with what is known of it"]),
            ),
            (
                "a_shared_route_is_told_once_for_each_owner_and_its_guard_once_it_acted",
                In(&["a guard of two owners", "leases of somebody"]),
            ),
            (
                "ten_thousand_leases_come_in_pages",
                In(&["leases in pages"]),
            ),
            (
                "the_command_line_lists_what_another_process_holds",
                In(&["leases, each with what is known of it"]),
            ),
        ],
    ),
    (
        "netns",
        &[
            (
                "ip_shows_the_route_that_routectl_adds_until_it_deletes_it",
                No(NETNS),
            ),
            ("ip_shows_an_ipv6_route_as_well", No(NETNS)),
            (
                "a_thousand_routes_are_seen_by_ip_and_removed_again",
                No(NETNS),
            ),
            (
                "routectl_shows_a_route_that_ip_makes_until_ip_removes_it",
                No(NETNS),
            ),
            ("routectl_deletes_a_route_that_ip_made", No(NETNS)),
            (
                "a_route_through_a_pulled_cable_stays_and_leads_nowhere",
                No(NETNS),
            ),
            (
                "the_routes_of_an_interface_that_ip_deletes_are_gone",
                No(NETNS),
            ),
            (
                "the_leases_of_a_client_that_is_killed_are_gone_from_ip",
                No(KILLS),
            ),
            ("two_drivers_that_guard_one_route_come_to_an_end", No(NETNS)),
        ],
    ),
    (
        "one_route",
        &[
            (
                "a_created_route_is_in_the_table_and_a_deleted_one_is_not",
                In(&["three routes, from creation to deletion", "get"]),
            ),
            ("the_driver_tells_its_version", In(&["version"])),
        ],
    ),
    (
        "operations",
        &[
            (
                "what_a_handle_does_is_counted_for_it_and_in_total",
                In(&["what two handles do is counted", "statistics"]),
            ),
            (
                "every_operation_of_the_table_is_served",
                In(&["every operation, with zeros"]),
            ),
        ],
    ),
    (
        "processes",
        &[
            (
                "a_second_process_sees_the_route_of_the_first",
                In(&["two handles", "table in one page"]),
            ),
            (
                "routectl_says_which_status_it_got_and_ends_with_the_code_for_it",
                In(&["create a duplicate", "explain"]),
            ),
            (
                "a_handle_opened_to_read_cannot_change_anything",
                In(&["a handle for reading only"]),
            ),
            (
                "routes_that_many_processes_create_at_once_are_all_there",
                No(RACES),
            ),
            ("read_half_a_table", No(KILLS)),
            (
                "a_process_that_is_killed_half_way_through_a_table_leaves_nothing_behind",
                In(&["table, left half-way"]),
            ),
            (
                "a_host_that_stops_under_an_open_handle_still_unloads_cleanly",
                In(&["the driver is unloaded under an owner"]),
            ),
        ],
    ),
    (
        "quotas",
        &[
            (
                "one_handle_too_many_cannot_share_a_route_until_another_leaves",
                In(&["one owner too many"]),
            ),
            (
                "one_handle_too_many_cannot_watch_until_another_leaves",
                In(&["one watcher too many"]),
            ),
            (
                "one_entry_too_many_is_refused_before_anything_is_done",
                In(&["more entries than a batch may have"]),
            ),
            (
                "a_route_that_somebody_else_leases_is_held",
                In(&["a route that somebody else leases"]),
            ),
        ],
    ),
    (
        "refusals",
        &[
            (
                "every_rule_of_a_row_is_refused_with_its_status_and_explained_with_its_member_and_limit",
                In(&["explain every cause", "an unsound entry, all or none"]),
            ),
            (
                "a_route_that_exists_is_refused_and_shown",
                In(&["create a duplicate", "explain"]),
            ),
            (
                "what_the_machine_or_the_interface_does_not_support_is_told_apart",
                // That the stack does not support something is a way in which its calls fail.
                In(&["create", "explain every cause"]),
            ),
            (
                "a_family_without_a_stack_is_not_supported_by_any_call_of_the_family",
                // As above.
                In(&[
                    "create",
                    "set",
                    "delete",
                    "get",
                    "table in one page",
                    "best route",
                ]),
            ),
        ],
    ),
    (
        "removal",
        &[
            (
                "a_device_with_open_handles_is_not_removed_in_order",
                In(&["the device is removed in order"]),
            ),
            (
                "a_device_that_is_pulled_out_ends_its_requests_and_then_its_handles",
                In(&["the device is pulled out"]),
            ),
            (
                "a_driver_that_is_unloaded_under_load_leaves_the_table_as_it_was",
                In(&[
                    "the driver is unloaded under an owner",
                    "a batch that is cancelled half-way",
                ]),
            ),
        ],
    ),
    (
        "removed_under_load",
        &[
            (
                "a_device_that_is_pulled_out_at_any_moment_leaves_the_table_as_it_was",
                No(RACES),
            ),
            (
                "a_driver_that_is_unloaded_at_any_moment_leaves_the_table_as_it_was",
                No(RACES),
            ),
        ],
    ),
    (
        "several_devices",
        &[
            (
                "devices_without_names_serve_side_by_side_each_with_a_context_of_its_own",
                No("it is another driver"),
            ),
            (
                "a_device_goes_and_the_other_one_goes_on",
                No("it is another driver"),
            ),
            (
                "a_second_device_that_takes_the_same_name_does_not_start_and_harms_nobody",
                In(&["start and stop of two devices", "version"]),
            ),
        ],
    ),
    (
        "strangers",
        &[
            (
                "a_stranger_reaches_the_host_and_is_refused_by_the_driver",
                No(STRANGER),
            ),
            (
                "routectl_tells_a_stranger_who_may_open_the_device",
                No(STRANGER),
            ),
            ("strangers_may_not_open_other_drivers_devices", No(STRANGER)),
        ],
    ),
    (
        "watch_overflow",
        &[(
            "a_watcher_that_is_too_slow_joins_again_and_ends_with_the_true_table",
            No(RACES),
        )],
    ),
    (
        "watching",
        &[
            (
                "a_reader_that_lost_events_reads_the_table_again_and_ends_with_the_true_one",
                In(&["watch that comes too late"]),
            ),
            (
                "a_watcher_that_never_reads_harms_nobody",
                In(&["watch of two who wait", "watch that comes too late"]),
            ),
            (
                "requests_with_different_filters_wait_on_one_handle_and_each_gets_its_own",
                In(&[
                    "watch that waits through two filters",
                    "watch through too many filters",
                ]),
            ),
            (
                "an_event_that_a_cancelled_request_did_not_get_is_still_there",
                In(&["watch that is cancelled"]),
            ),
            (
                "handles_that_close_while_events_come_to_their_requests_leave_nothing",
                No(RACES),
            ),
        ],
    ),
    (
        "whole_family",
        &[
            ("a_created_route_is_in_the_table", In(&["create"])),
            (
                "the_same_route_twice_is_a_duplicate_and_changes_nothing",
                In(&["create a duplicate"]),
            ),
            (
                "host_bits_are_invalid_and_change_nothing",
                In(&["create with host bits"]),
            ),
            ("a_deleted_route_is_not_in_the_table", In(&["delete"])),
            ("a_route_is_deleted_by_its_keys_alone", In(&["delete"])),
            (
                "deleting_a_route_that_is_not_there_is_not_found",
                In(&["delete what is not there"]),
            ),
            (
                "the_best_route_is_the_longest_prefix_with_the_lowest_complete_metric",
                In(&["best route", "best route among three"]),
            ),
            (
                "where_no_route_leads_the_stacks_status_comes_through",
                In(&["best route to nowhere"]),
            ),
            ("the_whole_row_is_found_by_its_keys", In(&["get"])),
            (
                "a_route_that_is_not_there_is_not_found",
                In(&["get what is not there"]),
            ),
            (
                "a_table_of_one_family_has_no_route_of_the_other",
                In(&["table in one page"]),
            ),
            (
                "a_table_of_an_unknown_family_is_invalid",
                In(&["table of an unknown family"]),
            ),
            (
                "an_interface_is_found_by_index_and_by_luid",
                In(&["interface", "interfaces by index, by LUID, in the table"]),
            ),
            (
                "an_interface_without_the_family_is_not_found",
                In(&["interface without the family"]),
            ),
            (
                "all_interfaces_are_in_their_table",
                In(&[
                    "interface table",
                    "interfaces by index, by LUID, in the table",
                ]),
            ),
            (
                "an_interface_table_of_an_unknown_family_is_invalid",
                In(&["interface table of an unknown family"]),
            ),
            (
                "a_fresh_row_has_the_documented_defaults_and_no_dirty_padding",
                In(&["initialize"]),
            ),
            (
                "a_fresh_row_that_has_no_room_is_refused",
                In(&["outputs that are too small"]),
            ),
            (
                "a_watch_tells_a_change",
                In(&["watch that does not wait", "watch from a snapshot on"]),
            ),
            (
                "a_watch_with_an_unknown_flag_is_invalid",
                In(&["watch with an unknown flag"]),
            ),
            (
                "set_changes_the_metric_of_a_route_and_nothing_else",
                In(&["set"]),
            ),
            (
                "set_does_not_make_a_route_that_is_not_there",
                In(&["set what is not there"]),
            ),
        ],
    ),
];

/// The test programs in which the driver never runs.
pub(crate) const OTHERS: [(&str, &str); 7] = [
    ("c_program", "the driver is a fake"),
    ("fault_injection", "these are the scenarios"),
    ("faulty_drivers", "they are other drivers"),
    ("foreign_drivers", "they are other drivers"),
    ("image", "it reads the driver's file"),
    ("inf", "it reads the driver's INF file"),
    ("package", "it reads files"),
];
