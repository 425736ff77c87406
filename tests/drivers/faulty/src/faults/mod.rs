//! Every fault: its name is that of the rule that it breaks, and of the test that shows it.

mod cancel;
mod files;
mod irql;
mod locks;
mod netio;
mod objects;
mod paging;
mod pool;
mod processor;
mod queues;
mod requests;
mod targets;
mod wdm;

use wdk_sys::NTSTATUS;

use crate::fault_context::FaultContext;

pub(crate) use wdm::{preprocess, read_kept};

/// Breaks a rule. What it returns completes the request, unless it has taken it.
pub(crate) type Fault = unsafe fn(&FaultContext) -> NTSTATUS;
/// Breaks a rule within `DriverEntry`. What it returns is what that returns.
pub(crate) type EntryFault = unsafe fn() -> NTSTATUS;

/// Lists functions with their names, family by family.
macro_rules! faults {
    ($type:ty: $($family:ident { $($fault:ident)* })*) => {
        &[$($((
            concat!(stringify!($family), "::", stringify!($fault)),
            $family::$fault as $type,
        )),*),*]
    };
}

static FAULTS: &[(&str, Fault)] = faults! { Fault:
    cancel {
        a_cancellation_completes_nothing
        a_marked_request_is_asked_for_cancellation
        a_marked_request_is_completed
        a_marked_request_is_forwarded
        a_request_cannot_be_cancelled
        a_request_is_completed_after_its_cancellation
        a_request_is_marked_twice
        a_request_is_marked_without_a_callback
        a_request_that_is_not_marked_is_unmarked
    }
    files {
        a_closed_file_is_used
        a_deleted_device_is_used
        a_file_object_is_deleted
        a_request_is_taken_at_cleanup_and_forgotten
        an_unload_never_returns
    }
    irql {
        a_callback_returns_at_dispatch
        a_cleanup_returns_at_dispatch
        a_critical_region_is_entered_at_dispatch
        a_critical_region_is_left_twice
        a_critical_region_is_not_left
        a_framework_function_above_dispatch
        a_lowering_that_raises
        a_passive_framework_function_at_dispatch
        a_passive_function_at_dispatch
        a_raise_that_lowers
        a_sleep_at_dispatch
        a_wait_at_dispatch
        a_wait_for_what_is_no_event
        a_wait_lock_at_dispatch
        an_unload_returns_at_dispatch
    }
    locks {
        a_framework_spin_lock_is_held_at_return
        a_framework_spin_lock_that_is_not_held_is_released
        a_framework_spin_lock_is_taken_twice
        a_lock_is_deleted_while_it_is_held
        a_mutex_is_owned_at_return
        a_mutex_that_is_not_owned_is_released
        a_mutex_is_waited_for_at_dispatch
        a_mutex_lies_in_paged_memory
        a_request_is_completed_under_a_framework_spin_lock
        a_request_is_completed_under_a_spin_lock
        a_spin_lock_is_held_at_return
        a_spin_lock_is_released_below_dispatch
        a_spin_lock_that_is_not_held_is_released
        a_spin_lock_is_taken_below_dispatch
        a_spin_lock_is_taken_twice
        a_spin_lock_lies_in_paged_memory
        a_wait_lock_is_held_at_return
        a_wait_lock_that_is_not_held_is_released
        a_wait_lock_is_taken_twice
        memory_with_a_held_lock_is_freed
        memory_with_an_owned_mutex_is_freed
        a_devices_lock_is_held_at_return
        two_mutexes_are_taken_in_both_orders
        two_spin_locks_are_taken_in_both_orders
        two_wait_locks_are_taken_in_both_orders
    }
    netio {
        a_compartment_is_entered_at_dispatch
        a_compartment_is_not_left
        a_compartment_of_what_is_no_thread_is_set
        a_freed_table_is_read
        a_freed_table_is_written
        a_notification_is_cancelled_at_dispatch
        a_notification_is_cancelled_by_its_own_callback
        a_notification_is_cancelled_twice
        a_notification_is_left_at_unload
        a_notification_returns_at_dispatch
        a_notification_takes_memory
        a_notifications_row_is_kept
        a_notifications_row_is_read_at_dispatch
        a_table_is_asked_for_at_dispatch
        a_table_is_freed_as_pool
        a_table_is_freed_at_dispatch
        a_table_is_freed_twice
        a_table_is_left_at_unload
        a_table_is_read_past_its_end
        no_table_is_freed
        pool_is_freed_as_a_table
    }
    objects {
        a_deleted_object_is_used
        a_destroyed_objects_context_is_read
        a_handle_is_anything
        a_handle_is_null
        a_handle_is_of_another_type
        a_place_for_the_result_is_null
        a_reference_to_an_object_is_left
        a_timer_has_a_parent
        a_timer_waits_for_itself
        a_work_item_waits_for_itself
        an_object_is_deleted_twice
        an_object_is_used_after_its_cleanup
        an_object_loses_a_reference_too_many
        an_object_of_the_device_is_used_at_unload
        attributes_say_their_size
        the_default_queue_is_deleted
        the_device_is_deleted
        the_driver_is_deleted
    }
    paging {
        pageable_code_is_executed_at_dispatch
        paged_memory_is_read_at_dispatch
        paged_memory_is_written_at_dispatch
    }
    pool {
        a_block_has_no_bytes
        a_block_has_no_tag
        a_block_is_freed_twice
        a_block_is_freed_with_another_tag
        a_block_is_left_at_unload
        a_block_is_left_on_an_error_path
        a_block_is_written_before_its_start
        a_block_is_written_past_its_end
        a_freed_block_is_read
        a_freed_block_is_written
        a_null_pointer_is_freed
        memory_is_taken_above_dispatch
        memory_of_the_stack_is_freed
        paged_memory_is_freed_at_dispatch
        paged_memory_is_taken_at_dispatch
        the_middle_of_a_block_is_freed
        the_rest_of_a_blocks_page_is_written
    }
    processor {
        a_breakpoint_without_a_debugger
        a_division_by_zero
        a_fast_fail
        a_framework_function_that_this_host_lacks
        a_framework_function_that_windows_lacks
        a_handle_is_followed
        a_null_pointer_is_read
        a_null_pointer_is_written
        a_panic
        an_address_that_is_not_canonical_is_read
        an_export_that_this_host_lacks
        an_instruction_is_invalid
        an_instruction_is_not_for_this_host
        code_is_written
        data_is_executed
        the_driver_has_the_framework_stop_it
        the_driver_stops_the_machine
        the_processor_block_is_read
        the_stack_runs_out
    }
    queues {
        a_device_has_one_default_queue
        a_manual_queue_has_no_callback_for_requests
        a_queue_has_a_callback_for_requests
        a_queue_waits_for_the_request_that_asks_for_it
        a_request_in_reserve_is_used
        a_request_is_kept_from_a_sleep
        a_request_is_not_forwarded_to_its_own_queue
        a_request_of_a_parallel_queue_is_not_requeued
        a_reserve_has_requests
        a_structure_says_its_size
        nothing_is_retrieved_from_a_parallel_queue
        requests_are_dispatched_before_the_device_starts
        requests_are_dispatched_to_a_queue_with_a_callback
        two_changes_of_a_queue_have_callbacks
    }
    requests {
        a_byte_of_uninitialised_pool_is_returned
        a_byte_that_was_never_written_is_returned
        a_completed_request_is_used
        a_completed_request_is_used_through_a_reference
        a_completed_requests_buffer_is_read
        a_completed_requests_buffer_is_written
        a_completed_requests_memory_is_used
        a_reference_to_a_request_is_left
        a_reference_to_a_requests_memory_is_left
        a_request_is_completed_twice
        a_request_is_deleted
        a_request_is_never_completed
        a_request_is_used_at_unload
        a_request_that_waits_is_completed
        more_is_returned_than_there_is_room
        output_that_was_never_written_is_returned
        paged_memory_is_filled_at_dispatch
        pending_is_no_outcome
        the_output_is_written_past_its_end
    }
    targets {
        a_created_request_is_completed
        a_marked_request_is_sent
        a_request_is_sent_twice
        a_request_is_sent_without_a_format
        a_request_is_sent_without_a_routine
        a_sent_request_is_completed
        a_sent_request_is_deleted
    }
    wdm {
        a_callers_address_is_asked_for_too_late
        a_callers_buffer_is_read_after_its_request
        a_callers_buffer_is_read_outside_of_its_context
        a_completed_requests_irp_is_read
        a_miniport_device_has_no_queues
        a_preprocessed_irp_is_forgotten
        a_preprocessed_irp_is_not_skipped
        a_requests_irp_is_completed
        the_devices_own_target_is_deleted
    }
};

static ENTRY_FAULTS: &[(&str, EntryFault)] = faults! { EntryFault:
    irql {
        an_entry_point_returns_at_dispatch
    }
    pool {
        a_block_is_left_by_an_entry_point_that_fails
    }
};

/// The fault called `name`.
pub(crate) fn named(name: &[u8]) -> Option<Fault> {
    let found = FAULTS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map(|(_, fault)| *fault)
}

/// The fault that the service with this registry path is named after.
pub(crate) fn named_by_service(path: &[u16]) -> Option<EntryFault> {
    let name = path.rsplit(|unit| *unit == u16::from(b'\\')).next()?;
    let is_it = |known: &str| known.bytes().map(u16::from).eq(name.iter().copied());
    let found = ENTRY_FAULTS.iter().find(|(known, _)| is_it(known));
    found.map(|(_, fault)| *fault)
}

/// Writes the names of all faults, a line each. How many bytes that are, unless there is no room.
pub(crate) fn list(output: &mut [u8]) -> Option<usize> {
    let entry = ENTRY_FAULTS.iter().map(|(name, _)| *name);
    let mut written = 0;
    for name in FAULTS.iter().map(|(name, _)| *name).chain(entry) {
        let line = output.get_mut(written..=written + name.len())?;
        let (text, end) = line.split_at_mut(name.len());
        text.copy_from_slice(name.as_bytes());
        end.copy_from_slice(b"\n");
        written += name.len() + 1;
    }
    Some(written)
}
