//! The names of the contract in C.

/// The prefix of our own names.
pub const PREFIX: &str = "IPFORWARD_";

/// The name of a documented structure of Windows; `None` if the structure is ours.
#[must_use]
pub fn of_windows(structure: &str) -> Option<&'static str> {
    match structure {
        "MibIpForwardRow2" => Some("MIB_IPFORWARD_ROW2"),
        "MibIpInterfaceRow" => Some("MIB_IPINTERFACE_ROW"),
        "SockaddrInet" => Some("SOCKADDR_INET"),
        "IpAddressPrefix" => Some("IP_ADDRESS_PREFIX"),
        _ => None,
    }
}

/// The name of a structure: `BestRoute` is `IPFORWARD_BEST_ROUTE`.
#[must_use]
pub fn structure(name: &str) -> String {
    of_windows(name).map_or_else(
        || format!("{PREFIX}{}", upper_snake_case(name)),
        str::to_owned,
    )
}

/// The name of a member: `interface_luid` is `InterfaceLuid`.
#[must_use]
pub fn member(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect()
}

/// The path to a member of a documented structure, as `offsetof` takes it.
///
/// `SOCKADDR_INET` is a union, whose members are those of its two variants.
#[must_use]
pub fn path(structure: &str, name: &str) -> String {
    match (structure, name) {
        ("SockaddrInet", "family") => "si_family".to_owned(),
        ("SockaddrInet", "port") => "Ipv4.sin_port".to_owned(),
        ("SockaddrInet", "ipv4_or_flow") => "Ipv4.sin_addr".to_owned(),
        ("SockaddrInet", "ipv6") => "Ipv6.sin6_addr".to_owned(),
        ("SockaddrInet", "scope_id") => "Ipv6.sin6_scope_id".to_owned(),
        _ => member(name),
    }
}

/// The name of the control code of an operation.
#[must_use]
pub fn control_code(operation: &str) -> String {
    format!("IOCTL_{PREFIX}{operation}")
}

fn upper_snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
