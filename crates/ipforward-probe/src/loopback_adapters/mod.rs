//! Adapters of Windows' own loopback driver, `netloop.inf`.

mod device_info_set;
mod interface;

use std::io;

use anyhow::{Context, Result, ensure};
use ipforward_probe::AdapterFunctions;

use self::device_info_set::DeviceInfoSet;

/// The hardware ID in `netloop.inf`.
const HARDWARE_ID: &str = "*MSLOOP";

/// A second hardware ID, by which this program knows its adapters: another program could have made the
/// device that has the recorded instance ID.
const MARK: &str = "IpForwardProbe";

/// The adapters of this program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopbackAdapters;

impl AdapterFunctions for LoopbackAdapters {
    fn create(&self, record: &mut dyn FnMut(&str) -> io::Result<()>) -> Result<String> {
        let list = DeviceInfoSet::new()?;
        let mut device = list.prepare()?;
        let instance = list.instance(&device)?;
        record(&instance).context("the journal")?;
        list.register(&mut device, &[HARDWARE_ID, MARK])?;
        if let Err(error) = list.install(&device) {
            // The journal has it if it cannot be removed either.
            let _ = list.uninstall(&device);
            return Err(error);
        }
        Ok(instance)
    }

    fn remove(&self, instance: &str) -> Result<bool> {
        let list = DeviceInfoSet::new()?;
        let Some(device) = list.open(instance)? else {
            return Ok(false);
        };
        let ids = list.hardware_ids(&device);
        ensure!(
            ids.iter().any(|id| id.eq_ignore_ascii_case(MARK)),
            "the device {instance} is none of this program: it stays, and the journal has to be removed"
        );
        list.uninstall(&device)?;
        Ok(true)
    }

    fn luid(&self, instance: &str) -> Result<u64> {
        let list = DeviceInfoSet::new()?;
        let device = list.open(instance)?.context("the adapter is gone")?;
        interface::luid(&list, &device)
    }
}
