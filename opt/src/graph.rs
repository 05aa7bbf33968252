//! Strongly connected components of a graph of functions: Tarjan's algorithm (1972), without
//! recursion, so that a program of a hundred thousand functions does not need a deep stack.

/// Edges from each node `0..n`.
#[derive(Debug)]
pub(crate) struct Graph {
    start: Vec<u32>,
    edges: Vec<u32>,
}

impl Graph {
    /// The graph of `nodes` nodes with these edges.
    pub(crate) fn new(nodes: usize, pairs: &[(u32, u32)]) -> Graph {
        let mut start = vec![0u32; nodes + 1];
        for &(from, _) in pairs {
            start[from as usize + 1] += 1;
        }
        for node in 0..nodes {
            start[node + 1] += start[node];
        }
        let mut next = start.clone();
        let mut edges = vec![0; pairs.len()];
        for &(from, to) in pairs {
            edges[next[from as usize] as usize] = to;
            next[from as usize] += 1;
        }
        Graph { start, edges }
    }

    /// Where a node's edges go.
    pub(crate) fn successors(&self, node: u32) -> &[u32] {
        &self.edges[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }

    /// The component of each node. Components are numbered so that an edge never goes to a higher number.
    pub(crate) fn components(&self) -> Vec<u32> {
        const UNSEEN: u32 = u32::MAX;
        let nodes = self.start.len() - 1;
        let mut component = vec![UNSEEN; nodes];
        let mut order = vec![UNSEEN; nodes];
        let mut low = vec![0u32; nodes];
        let mut open: Vec<u32> = Vec::new();
        let mut path: Vec<(u32, u32)> = Vec::new();
        let (mut seen, mut found) = (0, 0);
        for root in 0..nodes as u32 {
            if order[root as usize] != UNSEEN {
                continue;
            }
            path.push((root, 0));
            while let Some((node, edge)) = path.pop() {
                let at = node as usize;
                if edge == 0 {
                    order[at] = seen;
                    low[at] = seen;
                    seen += 1;
                    open.push(node);
                } else {
                    let child = self.successors(node)[edge as usize - 1] as usize;
                    if component[child] == UNSEEN {
                        low[at] = low[at].min(low[child]);
                    }
                }
                if let Some(&next) = self.successors(node).get(edge as usize) {
                    path.push((node, edge + 1));
                    if order[next as usize] == UNSEEN {
                        path.push((next, 0));
                    }
                } else if low[at] == order[at] {
                    while let Some(member) = open.pop() {
                        component[member as usize] = found;
                        if member == node {
                            break;
                        }
                    }
                    found += 1;
                }
            }
        }
        component
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn a_cycle_is_one_component_and_callees_come_first() {
        let graph = Graph::new(5, &[(0, 1), (1, 2), (2, 1), (2, 3), (4, 4)]);
        let component = graph.components();
        assert_eq!(component[1], component[2]);
        assert!(component[3] < component[1] && component[1] < component[0]);
        assert_ne!(component[4], component[0]);
    }

    #[test]
    fn two_ways_to_one_node_do_not_join_components() {
        let graph = Graph::new(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        let mut component = graph.components();
        component.sort_unstable();
        assert_eq!(component, [0, 1, 2, 3]);
    }
}
