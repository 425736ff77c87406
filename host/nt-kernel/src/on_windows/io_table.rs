//! What Windows does when a driver breaks a rule of the I/O manager. The rules are those of
//! `docs/host/wdm.md`, in the same order.

use super::WindowsReaction::{self, ComplianceRule, NotKnown, Same, Undefined};

/// Each rule by its name, and the reaction of Windows.
pub(super) const RULES: &[(&str, WindowsReaction)] = &[
    ("an_irp_is_completed_twice", Same),
    ("an_irp_is_completed_as_pending", Same),
    ("an_irp_is_completed_with_its_cancel_routine", Same),
    ("pending_is_returned_without_a_mark", Same),
    ("a_marked_irp_is_not_returned_as_pending", Same),
    ("another_status_is_returned_than_completed", Same),
    ("an_irp_is_left_without_an_outcome", Same),
    ("a_dispatch_routine_returns_at_another_level", Same),
    ("an_irp_runs_out_of_stack_locations", Same),
    ("an_irp_is_sent_to_what_is_no_device", Same),
    ("an_irp_of_the_system_is_freed", Same),
    ("a_completion_routine_forgets_the_mark", Same),
    ("a_device_is_deleted_while_it_is_attached", Same),
    ("a_device_is_detached_twice", Same),
    ("a_device_is_deleted_twice", Same),
    ("a_device_stays_after_its_removal", Same),
    ("a_remove_lock_is_released_with_another_tag", NotKnown),
    ("a_work_item_is_queued_twice", Same),
    ("a_queued_work_item_is_freed", Same),
    ("a_work_item_is_for_what_is_no_device", Same),
    ("memory_with_a_queued_work_item_is_freed", Same),
    ("a_queued_irp_is_completed", Undefined),
    ("a_next_irp_is_started_while_none_is_current", NotKnown),
    (
        "the_next_irp_is_started_below_dispatch_level",
        ComplianceRule,
    ),
    ("an_irp_is_started_without_startio", NotKnown),
    ("what_is_no_irp_is_started", Undefined),
    ("an_entry_is_queued_twice", NotKnown),
    ("a_queue_that_is_not_busy_is_emptied", NotKnown),
    (
        "a_device_queue_is_used_below_dispatch_level",
        ComplianceRule,
    ),
    ("a_device_queue_is_used_before_it_is_made", NotKnown),
    ("a_pnp_irp_is_completed_and_not_passed_on", Same),
    ("a_pnp_irp_is_completed_as_it_came", Same),
    ("a_power_irp_is_completed_and_not_passed_on", Same),
    ("a_power_irp_is_completed_as_it_came", Same),
    ("a_failed_pnp_irp_is_passed_on", Same),
    ("a_failed_power_irp_is_passed_on", Same),
    ("an_irp_skips_a_device_of_the_stack", Same),
    ("a_filter_leaves_the_io_flags_out", Same),
    ("a_device_has_both_io_flags", Same),
    ("a_driver_of_a_stack_lacks_a_dispatch_routine", Same),
];
