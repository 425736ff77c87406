//! Cycles of a directed graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The nodes that each node has an edge to.
pub(super) type Edges<Node> = BTreeMap<Node, BTreeSet<Node>>;

/// The shortest cycle of each group of nodes that reach each other, as the nodes in order.
pub(super) fn shortest_cycles<Node: Clone + Ord>(edges: &Edges<Node>) -> Vec<Vec<Node>> {
    let mut done = BTreeSet::new();
    let mut cycles = Vec::new();
    for start in edges.keys() {
        if done.contains(start) {
            continue;
        }
        let group = strongly_connected(edges, start);
        let shortest = group
            .iter()
            .filter_map(|node| cycle_through(edges, node))
            .min_by_key(Vec::len);
        cycles.extend(shortest);
        done.extend(group);
    }
    cycles
}

/// The nodes that `start` reaches and that reach it; with `start` itself.
fn strongly_connected<Node: Clone + Ord>(edges: &Edges<Node>, start: &Node) -> BTreeSet<Node> {
    let mut backward = Edges::new();
    for (from, targets) in edges {
        for to in targets {
            backward
                .entry(to.clone())
                .or_insert_with(BTreeSet::new)
                .insert(from.clone());
        }
    }
    let forward = reachable(edges, start);
    let backward = reachable(&backward, start);
    forward.intersection(&backward).cloned().collect()
}

fn reachable<Node: Clone + Ord>(edges: &Edges<Node>, start: &Node) -> BTreeSet<Node> {
    let mut seen = BTreeSet::from([start.clone()]);
    let mut waiting = vec![start.clone()];
    while let Some(node) = waiting.pop() {
        for next in edges.get(&node).into_iter().flatten() {
            if seen.insert(next.clone()) {
                waiting.push(next.clone());
            }
        }
    }
    seen
}

/// The shortest cycle through a node.
fn cycle_through<Node: Clone + Ord>(edges: &Edges<Node>, start: &Node) -> Option<Vec<Node>> {
    let mut came_from: BTreeMap<Node, Node> = BTreeMap::new();
    let mut waiting = VecDeque::from([start.clone()]);
    while let Some(node) = waiting.pop_front() {
        for next in edges.get(&node).into_iter().flatten() {
            if next == start {
                let mut cycle = vec![node.clone()];
                let mut node = &node;
                while let Some(previous) = came_from.get(node) {
                    cycle.push(previous.clone());
                    node = previous;
                }
                cycle.reverse();
                return Some(cycle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next.clone(), node.clone());
                waiting.push_back(next.clone());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(pairs: &[(u32, u32)]) -> Edges<u32> {
        let mut edges = Edges::new();
        for (from, to) in pairs {
            edges.entry(*from).or_insert_with(BTreeSet::new).insert(*to);
        }
        edges
    }

    #[test]
    fn a_graph_without_a_cycle_has_none() {
        let diamond = edges(&[(1, 2), (1, 3), (2, 4), (3, 4)]);
        assert!(shortest_cycles(&diamond).is_empty());
    }

    #[test]
    fn each_group_shows_its_shortest_cycle() {
        let two_groups = edges(&[(1, 2), (2, 3), (3, 1), (2, 1), (3, 4), (4, 5), (5, 4)]);
        assert_eq!(shortest_cycles(&two_groups), [vec![1, 2], vec![4, 5]]);
    }

    #[test]
    fn a_node_that_needs_itself_is_a_cycle() {
        assert_eq!(shortest_cycles(&edges(&[(1, 1)])), [vec![1]]);
    }
}
