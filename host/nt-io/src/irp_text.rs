//! A call as text, for reports.

use std::fmt;

use crate::irp::Irp;
use crate::request::Request;

impl fmt::Display for Irp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IRP #{} ", self.id())?;
        match self.request() {
            Request::Create => formatter.write_str("create"),
            Request::Read { length } => write!(formatter, "read of {length} bytes"),
            Request::Write { length } => write!(formatter, "write of {length} bytes"),
            Request::DeviceControl {
                code,
                is_internal,
                input_length,
                output_length,
            } => write!(
                formatter,
                "{}control code {code:#010x}, {input_length} bytes in, {output_length} bytes out",
                if is_internal { "internal " } else { "" }
            ),
        }?;
        match self.file() {
            Some(file) => write!(formatter, ", process {}", file.process().pid)?,
            None => formatter.write_str(", of a driver")?,
        }
        if self.thread().is_terminating() {
            formatter.write_str(", its thread is terminating")?;
        }
        if self.thread().waits_for_mutex() {
            formatter.write_str(", its thread waits for a mutex")?;
        }
        if self.is_known_cancelled() {
            formatter.write_str(", cancelled")?;
        }
        Ok(())
    }
}
