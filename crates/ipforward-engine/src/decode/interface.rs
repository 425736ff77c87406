//! A `SET_INTERFACE` as the contract has it.

use abi::interface_request::{
    INTERFACE_AUTOMATIC_METRIC, INTERFACE_DISABLE_DEFAULT_ROUTES, INTERFACE_ENABLE_DEFAULT_ROUTES,
    INTERFACE_LEASE, INTERFACE_METRIC, INTERFACE_METRIC_MAX,
};
use abi::{InterfaceRequest, MibIpInterfaceRow, NtStatus};

use crate::interface_settings::{InterfaceMetric, InterfaceSettings, SettingsChange};

const KNOWN_FLAGS: u32 = INTERFACE_METRIC
    | INTERFACE_AUTOMATIC_METRIC
    | INTERFACE_ENABLE_DEFAULT_ROUTES
    | INTERFACE_DISABLE_DEFAULT_ROUTES
    | INTERFACE_LEASE;

/// Decodes a `SET_INTERFACE`. Its keys reach the stack as they are.
///
/// # Errors
///
/// `STATUS_INVALID_PARAMETER`: a flag is unknown, two exclude each other, no setting is to be
/// changed, or the metric is too large or given without its flag.
pub(super) fn decode(request: &InterfaceRequest) -> Result<SettingsChange, NtStatus> {
    let settings = InterfaceSettings {
        metric: metric(request)?,
        default_routes: default_routes(request)?,
    };
    if settings.is_empty() || request.flags & !KNOWN_FLAGS != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(SettingsChange {
        keys: MibIpInterfaceRow {
            family: request.family,
            interface_luid: request.interface_luid,
            interface_index: request.interface_index,
            ..MibIpInterfaceRow::default()
        },
        settings,
        is_lease: request.flags & INTERFACE_LEASE != 0,
    })
}

fn metric(request: &InterfaceRequest) -> Result<Option<InterfaceMetric>, NtStatus> {
    match request.flags & (INTERFACE_METRIC | INTERFACE_AUTOMATIC_METRIC) {
        INTERFACE_METRIC if request.metric <= INTERFACE_METRIC_MAX => {
            Ok(Some(InterfaceMetric::Manual(request.metric)))
        }
        INTERFACE_AUTOMATIC_METRIC if request.metric == 0 => Ok(Some(InterfaceMetric::Automatic)),
        0 if request.metric == 0 => Ok(None),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

const fn default_routes(request: &InterfaceRequest) -> Result<Option<bool>, NtStatus> {
    match request.flags & (INTERFACE_ENABLE_DEFAULT_ROUTES | INTERFACE_DISABLE_DEFAULT_ROUTES) {
        INTERFACE_ENABLE_DEFAULT_ROUTES => Ok(Some(true)),
        INTERFACE_DISABLE_DEFAULT_ROUTES => Ok(Some(false)),
        0 => Ok(None),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(flags: u32, metric: u32) -> InterfaceRequest {
        InterfaceRequest {
            interface_index: 7,
            family: 2,
            flags,
            metric,
            ..InterfaceRequest::default()
        }
    }

    #[test]
    fn each_flag_is_a_setting_or_the_lease() {
        let settings = |flags, metric| decode(&request(flags, metric)).unwrap().settings;
        assert_eq!(
            settings(INTERFACE_METRIC, 5).metric,
            Some(InterfaceMetric::Manual(5))
        );
        assert_eq!(
            settings(INTERFACE_AUTOMATIC_METRIC, 0).metric,
            Some(InterfaceMetric::Automatic)
        );
        for (flag, enabled) in [
            (INTERFACE_ENABLE_DEFAULT_ROUTES, true),
            (INTERFACE_DISABLE_DEFAULT_ROUTES, false),
        ] {
            let settings = settings(flag, 0);
            assert_eq!(settings.default_routes, Some(enabled));
            assert_eq!(settings.metric, None);
        }
        for is_lease in [false, true] {
            let lease = if is_lease { INTERFACE_LEASE } else { 0 };
            let command = decode(&request(INTERFACE_METRIC | lease, 5)).unwrap();
            assert_eq!(command.is_lease, is_lease);
            assert_eq!((command.keys.family, command.keys.interface_index), (2, 7));
        }
    }

    #[test]
    fn contradictions_and_empty_requests_are_refused() {
        for (flags, metric) in [
            (0, 0),
            (INTERFACE_LEASE, 0),
            (INTERFACE_METRIC | 1 << 5, 5),
            (INTERFACE_METRIC, u32::MAX),
            (INTERFACE_METRIC | INTERFACE_AUTOMATIC_METRIC, 0),
            (INTERFACE_AUTOMATIC_METRIC, 5),
            (INTERFACE_ENABLE_DEFAULT_ROUTES, 5),
            (
                INTERFACE_ENABLE_DEFAULT_ROUTES | INTERFACE_DISABLE_DEFAULT_ROUTES,
                0,
            ),
        ] {
            let decoded = decode(&request(flags, metric));
            assert_eq!(
                decoded,
                Err(NtStatus::INVALID_PARAMETER),
                "{flags} {metric}"
            );
        }
    }
}
