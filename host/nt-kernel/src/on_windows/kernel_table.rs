//! What Windows does when a driver breaks a rule of the kernel's objects. The rules are those of
//! `docs/host/kernel.md`, in the same order.

use super::WindowsReaction::{self, BugCheck, Exception, NotKnown, Same, Undefined, WaitsForEver};

/// Each rule by its name, and the reaction of Windows.
pub(super) const RULES: &[(&str, WindowsReaction)] = &[
    ("dpcs::memory_with_a_queued_dpc_is_freed", Same),
    ("dpcs::a_dpc_is_queued_at_unload", Same),
    ("dpcs::a_dpc_routine_returns_at_another_level", Same),
    ("dpcs::a_dpc_routine_lowers_its_level", Same),
    ("dpcs::a_dpc_routine_waits", Same),
    (
        "dpcs::a_dpc_routine_enters_a_critical_region_for_good",
        Same,
    ),
    ("dpcs::a_dpc_is_in_paged_memory", Same),
    ("dpcs::a_dpc_is_queued_that_is_not_initialised", NotKnown),
    ("dpcs::queued_dpcs_are_flushed_at_dispatch", NotKnown),
    ("timers::memory_with_a_set_timer_is_freed", Same),
    ("timers::a_timer_is_set_at_unload", Same),
    ("timers::a_timer_of_the_system_is_set_at_unload", Undefined),
    ("timers::a_deleted_timer_is_set", NotKnown),
    ("timers::a_deletion_waits_at_dispatch", NotKnown),
    ("timers::a_timer_is_set_that_is_not_initialised", NotKnown),
    ("timers::a_timer_is_in_paged_memory", Same),
    ("waits::a_thread_waits_for_too_many_objects", Same),
    (
        "waits::a_semaphore_is_released_beyond_its_limit",
        Exception(0xC000_0047),
    ),
    ("threads::a_thread_runs_at_unload", Same),
    ("threads::a_thread_ends_above_passive_level", Same),
    (
        "threads::a_thread_ends_in_a_critical_region",
        BugCheck(0x20, 0),
    ),
    ("threads::a_thread_is_created_at_apc_level", Same),
    ("handles::a_handle_is_closed_twice", Same),
    ("handles::a_closed_handle_is_referenced", Same),
    ("handles::the_null_handle_is_referenced", Same),
    ("handles::a_handle_of_a_process_is_referenced", Same),
    (
        "handles::a_reference_is_returned_that_was_not_taken",
        BugCheck(0x18, 0),
    ),
    ("resources::a_resource_is_acquired_with_apcs", Same),
    ("resources::a_resource_is_released_with_apcs", Same),
    ("resources::a_resource_is_released_that_is_not_owned", Same),
    (
        "resources::a_shared_resource_is_acquired_alone",
        WaitsForEver,
    ),
    ("resources::memory_with_a_resource_is_freed", Same),
    ("resources::a_resource_is_initialised_twice", Same),
    ("resources::a_resource_is_deleted_twice", Same),
    (
        "resources::a_resource_is_acquired_that_is_not_initialised",
        NotKnown,
    ),
    (
        "resources::a_resource_is_deleted_while_it_is_owned",
        NotKnown,
    ),
    ("resources::a_resource_is_kept_by_a_callback", NotKnown),
    ("mdls::pages_are_unlocked_that_are_not_locked", Same),
    ("mdls::pages_of_nonpaged_pool_are_unlocked", Same),
    ("mdls::pages_are_locked_twice", Same),
    ("mdls::paged_pool_is_described_as_nonpaged", Same),
    ("mdls::pages_are_mapped_that_are_not_locked", Same),
    ("mdls::pages_are_mapped_twice", Same),
    ("mdls::a_mapping_may_stop_the_machine", Same),
    ("mdls::an_mdl_is_freed_while_its_pages_are_locked", NotKnown),
    ("mdls::an_mdl_is_freed_twice", NotKnown),
    ("mdls::a_part_is_outside_of_its_source", NotKnown),
];
