//! Circles in a graph of files.

use std::collections::BTreeSet;

/// The groups of at least two of the numbers below `count` that reach each other along `edges`, each in order.
pub(super) fn find_circles(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let reached: Vec<BTreeSet<usize>> =
        (0..count).map(|from| reachable_from(from, edges)).collect();
    let mut circles = Vec::new();
    for from in 0..count {
        let circle: Vec<usize> = reached[from]
            .iter()
            .copied()
            .filter(|to| reached[*to].contains(&from))
            .collect();
        if circle.len() > 1 && circle[0] == from {
            circles.push(circle);
        }
    }
    circles
}

fn reachable_from(from: usize, edges: &BTreeSet<(usize, usize)>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for (_, to) in edges.range((at, 0)..=(at, usize::MAX)) {
            if reached.insert(*to) {
                open.push(*to);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_circle_is_found_once() {
        let edges = BTreeSet::from([
            (0, 1),
            (1, 2),
            (2, 1),
            (2, 3),
            (4, 5),
            (5, 6),
            (6, 4),
            (6, 0),
        ]);
        assert_eq!(find_circles(7, &edges), [vec![1, 2], vec![4, 5, 6]]);
        assert!(find_circles(3, &BTreeSet::from([(0, 1), (0, 2), (1, 2)])).is_empty());
    }
}
