//! The prompts of shells before commands.

/// The command of a line that begins with the prompt of a shell, or `None` without a prompt.
pub(super) fn command(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let windows = || {
        let line = line.strip_prefix("PS ").unwrap_or(line);
        let is_drive = line.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
            && line[1..].starts_with(":\\");
        let (_, command) = line.split_once('>').filter(|_| is_drive)?;
        Some(command)
    };
    let unix = || {
        let (prompt, command) = line.split_once(['#', '$', '%'])?;
        let has_host = prompt.contains('@') && prompt.contains([':', '~', ']']);
        let has_no_space = !prompt.trim_start_matches('[').trim_end().contains("  ");
        let is_prompt = prompt.is_empty() && (line.starts_with("$ ") || line.trim_end() == "$")
            || has_host && has_no_space && prompt.split_whitespace().count() <= 2;
        (is_prompt && (command.is_empty() || command.starts_with(' '))).then_some(command)
    };
    let bare = || match line.strip_prefix("netsh")?.split_once('>') {
        Some((context, command)) if !context.contains(['"', '=']) => Some(command),
        _ => None,
    };
    windows().or_else(unix).or_else(bare).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_shells_are_recognized() {
        for (line, expected) in [
            ("root@host:~# ip route", "ip route"),
            (
                "[root@host ~]# ip route add 10.0.0.0/8",
                "ip route add 10.0.0.0/8",
            ),
            ("user@host:/etc$ route -n", "route -n"),
            ("$ ip route", "ip route"),
            ("root@host:~#", ""),
            ("$", ""),
            (r"C:\Users\me>route print", "route print"),
            (r"PS C:\> New-NetRoute -x", "New-NetRoute -x"),
            (
                "netsh interface ipv4>add route 10.0.0.0/8 7",
                "add route 10.0.0.0/8 7",
            ),
        ] {
            assert_eq!(command(line), Some(expected), "{line}");
        }
        for line in [
            "# a comment",
            "10.0.0.0/8 dev eth0 # x",
            "route add 10.0.0.0 mask 255.0.0.0 192.0.2.1 > nul",
            "$gw = '192.0.2.1'",
            r"C:\Windows\System32\route.exe add 10.0.0.0",
            "pause>nul",
        ] {
            assert_eq!(command(line), None, "{line}");
        }
    }
}
