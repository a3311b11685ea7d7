//! Circles in a graph of files.

use std::collections::BTreeSet;

/// The groups of at least two of the numbers below `count` that reach each other along `edges`, each in order.
pub(super) fn find_circles(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let reached: Vec<_> = (0..count).map(|from| reachable_from(from, edges)).collect();
    let circle_of = |from: usize| -> Vec<usize> {
        let back = reached[from].iter().copied();
        back.filter(|to| reached[*to].contains(&from)).collect()
    };
    let circles = (0..count).map(|from| (from, circle_of(from)));
    let first_of = circles.filter(|(from, circle)| circle.len() > 1 && circle[0] == *from);
    first_of.map(|(_, circle)| circle).collect()
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
