//! The names of the functions that have a place in the table and are not necessarily implemented.

/// The one list of functions: a line holds an index and a name, `#` begins a comment.
const LIST: &str = include_str!("function_list.txt");

/// Index and name of every function with a name, by index.
pub(super) fn names() -> impl Iterator<Item = (usize, &'static str)> {
    LIST.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(index, name)| Some((index.parse().ok()?, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_an_index_and_a_name() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(names().count(), lines.count());
    }

    #[test]
    fn indices_rise_and_names_are_unique() {
        assert!(names().map(|(index, _)| index).is_sorted_by(|a, b| a < b));
        let mut known: Vec<_> = names().map(|(_, name)| name).collect();
        known.sort_unstable();
        assert!(known.is_sorted_by(|a, b| a < b));
    }
}
