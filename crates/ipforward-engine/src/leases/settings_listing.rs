//! The pages of `GET_INTERFACE_LEASES`: which handles hold settings of which interfaces.

use abi::interface_request::{
    INTERFACE_AUTOMATIC_METRIC, INTERFACE_DISABLE_DEFAULT_ROUTES, INTERFACE_ENABLE_DEFAULT_ROUTES,
    INTERFACE_METRIC,
};
use abi::lease::{LEASE_ENDING, LEASE_MINE};
use abi::{InterfaceLeaseRow, NtStatus};

use super::listing::{LeasePage, LeaseSlots, all_set};
use super::settings_records::LeasedSettings;
use super::table::LeaseTable;
use crate::alloc::{Id, StaleId};
use crate::handle_id::HandleId;
use crate::interface_settings::{InterfaceMetric, InterfaceSettings};

impl LeaseTable {
    /// Writes a page for the handle `reader`. Returns the number of bytes written.
    ///
    /// # Errors
    ///
    /// `STATUS_BUFFER_TOO_SMALL`: no room for the header, or for a single lease where there is
    /// one.
    pub(crate) fn list_settings(
        &self,
        page: LeasePage,
        reader: HandleId,
        output: &mut [u8],
    ) -> Result<usize, NtStatus> {
        let records = &self.settings.slab;
        let source = LeaseSlots {
            slots: records.slots(),
            total: records.len(),
            generation: self.generation,
        };
        source.write_page(page, output, |slot| {
            let record = Id::from_index(slot).and_then(|id| records.get(id).ok());
            record
                .map(|record| self.settings_row(record, reader))
                .transpose()
        })
    }

    fn settings_row(
        &self,
        record: &LeasedSettings,
        reader: HandleId,
    ) -> Result<InterfaceLeaseRow, StaleId> {
        let holder = self.handle(record.handle)?;
        let (settings, metric) = encode(record.written);
        let (settings_before, metric_before) = encode(record.before);
        Ok(InterfaceLeaseRow {
            interface_luid: record.key.luid,
            handle: holder.handle.number(),
            process_id: holder.process_id,
            flags: all_set(&[
                (holder.handle == reader, LEASE_MINE),
                (holder.releasing || holder.pending_release, LEASE_ENDING),
            ]),
            settings,
            metric,
            settings_before,
            metric_before,
            compartment: record.key.compartment.number(),
            family: record.key.family.0,
            reserved: 0,
        })
    }
}

/// Settings as the contract has them: `INTERFACE_` bits and a metric.
const fn encode(settings: InterfaceSettings) -> (u32, u32) {
    let (metric_flag, metric) = match settings.metric {
        Some(InterfaceMetric::Automatic) => (INTERFACE_AUTOMATIC_METRIC, 0),
        Some(InterfaceMetric::Manual(metric)) => (INTERFACE_METRIC, metric),
        None => (0, 0),
    };
    let default_routes = match settings.default_routes {
        Some(true) => INTERFACE_ENABLE_DEFAULT_ROUTES,
        Some(false) => INTERFACE_DISABLE_DEFAULT_ROUTES,
        None => 0,
    };
    (metric_flag | default_routes, metric)
}
