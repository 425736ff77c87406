//! The key of an event, as people know the interface.

use ipforward::{AddressFamily, Device, EventKind, RouteKey};

/// The key of the event's route. An event of a route that is gone may have only the LUID of the
/// interface: then the index is asked for.
pub(super) fn event_key(device: &Device, event: &EventKind) -> Option<RouteKey> {
    let mut key = event.key()?;
    if key.interface.index().is_none()
        && let Some(luid) = key.interface.luid()
    {
        let interfaces = device.interfaces(AddressFamily::UNSPECIFIED);
        let interfaces = interfaces.unwrap_or_default();
        let named = interfaces.iter().map(|row| row.interface);
        let found = named.into_iter().find(|known| known.luid() == Some(luid));
        key.interface = found.unwrap_or(key.interface);
    }
    Some(key)
}
