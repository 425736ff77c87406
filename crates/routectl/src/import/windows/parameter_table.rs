//! Tables of parameters of PowerShell: `$route = @{ NextHop = '192.0.2.1' }` and `New-NetRoute @route`.

use std::collections::HashMap;

use crate::import::quoted;

/// The tables that a script itself sets, by their names in lower case.
#[derive(Debug, Default)]
pub(super) struct ParameterTables(HashMap<String, Vec<(String, String)>>);

/// The name and the beginning of the first line of a table.
pub(super) fn begin(code: &str) -> Option<(String, &str)> {
    let (name, value) = code.trim().strip_prefix('$')?.split_once('=')?;
    let body = value.trim_start().strip_prefix("@{")?;
    Some((name.trim().to_ascii_lowercase(), body))
}

/// True if the text of a table has its end.
pub(super) fn is_whole(body: &str) -> bool {
    quoted::split(body, &['}']).len() > 1
}

impl ParameterTables {
    /// Sets a table; one with a value that depends on the computer is unknown.
    pub(super) fn set(&mut self, name: String, body: &str, expand: impl Fn(&str) -> String) {
        let parts = quoted::split(body, &['}']);
        let inside = parts.first().copied().unwrap_or_default();
        let pairs = quoted::split(inside, &[';', '\n']);
        let pairs = pairs
            .into_iter()
            .map(str::trim)
            .filter(|pair| !pair.is_empty());
        let pairs: Option<Vec<_>> = pairs.map(|text| pair(text, &expand)).collect();
        match pairs {
            Some(pairs) => {
                self.0.insert(name, pairs);
            }
            None => self.forget(&name),
        }
    }

    /// Makes the values of a table unknown.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The command with the parameters of the tables that it names.
    pub(super) fn expanded(&self, command: &str) -> String {
        let word = |word: &str| {
            let name = word.strip_prefix('@').map(str::to_ascii_lowercase);
            match name.and_then(|name| self.0.get(&name)) {
                None => word.to_owned(),
                Some(pairs) => pairs
                    .iter()
                    .map(|(name, value)| format!("-{name}:\"{value}\""))
                    .collect::<Vec<_>>()
                    .join(" "),
            }
        };
        if !command.contains(" @") {
            return command.to_owned();
        }
        let words: Vec<_> = command.split(' ').map(word).collect();
        words.join(" ")
    }
}

/// The name and the value of `Name = Value`; none if the value depends on the computer.
fn pair(text: &str, expand: &impl Fn(&str) -> String) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let value = expand(value.trim());
    let value = value.trim_matches(['"', '\'']);
    let is_switch = matches!(value.to_ascii_lowercase().as_str(), "$true" | "$false");
    let is_plain = !value.contains(['(', '$', '{', '@', '|', '"']);
    let name = name.trim().trim_matches(['"', '\'']);
    (is_switch || is_plain).then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_for_its_parameters() {
        let mut tables = ParameterTables::default();
        let (name, body) = begin("$Route = @{ NextHop = '192.0.2.1'; Confirm = $false }").unwrap();
        assert!(is_whole(body));
        tables.set(name, body, str::to_owned);
        assert_eq!(
            tables.expanded("New-NetRoute 10.1.0.0/16 @route -x"),
            r#"New-NetRoute 10.1.0.0/16 -NextHop:"192.0.2.1" -Confirm:"$false" -x"#
        );
        let (name, body) = begin("$route = @{ NextHop = (Get-Gateway) }").unwrap();
        tables.set(name, body, str::to_owned);
        assert_eq!(
            tables.expanded("New-NetRoute @route"),
            "New-NetRoute @route"
        );
        assert!(!is_whole("NextHop = 1"));
        assert_eq!(begin("$route = 5"), None);
    }
}
