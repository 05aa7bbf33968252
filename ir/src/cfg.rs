//! How control flows through a function: the function goes in; predecessors, dominators and loops come out.
//!
//! Blocks lie in reverse post-order, so a walk over them in order meets a block after all its predecessors but those
//! that come by back edges. Control flow is *reducible*: the target of a back edge dominates its source. Adding such
//! an edge changes no dominator (whoever takes it has passed its target before), so dominators are found in one pass
//! over the forward edges: the immediate dominator of a block is the lowest common ancestor of its forward
//! predecessors in the dominator tree so far. Ancestors are found by jump pointers (Myers, "An applicative random-access
//! stack", 1983), so that a join of ten thousand arms stays cheap, where the fingers of Cooper, Harvey and Kennedy
//! ("A simple, fast dominance algorithm", 2001) would walk the whole chain for each arm.
//!
//! The verifier checks that the function is reducible; for one that is not, the answers are those of its forward edges.

use crate::program::{Block, Function};

const NONE: u32 = u32::MAX;

/// The sources of the edges to each block.
#[derive(Debug, Clone)]
pub struct Preds {
    /// Per block and one more, where its predecessors begin in `preds`.
    starts: Vec<u32>,
    preds: Vec<Block>,
}

impl Preds {
    /// Finds the predecessors of all blocks.
    pub fn new(function: &Function) -> Preds {
        let count = function.blocks.len();
        // One place further on while they are filled in, so that they end up where they belong.
        let mut starts = vec![0; count + 2];
        for target in &function.targets {
            starts[target.block.index() + 2] += 1;
        }
        for block in 0..count {
            starts[block + 2] += starts[block + 1];
        }
        let mut preds = vec![Block(0); function.targets.len()];
        for block in function.block_ids() {
            for target in function.block_targets(block) {
                let place = &mut starts[target.block.index() + 1];
                preds[*place as usize] = block;
                *place += 1;
            }
        }
        starts.pop();
        Preds { starts, preds }
    }

    /// The sources of the edges to a block, in order; one that has two edges to it stands there twice.
    pub fn of(&self, block: Block) -> &[Block] {
        let start = self.starts[block.index()] as usize;
        &self.preds[start..self.starts[block.index() + 1] as usize]
    }
}

/// The flow of a function.
#[derive(Debug, Clone)]
pub struct Cfg {
    preds: Preds,
    /// The immediate dominator; [`NONE`] for the entry and for blocks that cannot be reached.
    idoms: Vec<u32>,
    /// Per block its number in a preorder of the dominator tree; [`NONE`] when it cannot be reached.
    preorder: Vec<u32>,
    /// Per block how many blocks it dominates, itself included.
    dominated: Vec<u32>,
}

impl Cfg {
    /// Computes the flow of a function with at least one block.
    pub fn new(function: &Function) -> Cfg {
        let count = function.blocks.len();
        let mut cfg = Cfg {
            preds: Preds::new(function),
            idoms: Vec::new(),
            preorder: Vec::new(),
            dominated: Vec::new(),
        };
        cfg.find_dominators(count);
        cfg
    }

    fn find_dominators(&mut self, count: usize) {
        let mut tree =
            Tree { depth: vec![NONE; count], parent: vec![NONE; count], jump: vec![NONE; count] };
        tree.depth[0] = 0;
        tree.jump[0] = 0;
        for block in 1..count as u32 {
            let mut idom = NONE;
            for pred in self.preds(Block(block)) {
                if pred.0 < block && tree.depth[pred.index()] != NONE {
                    idom = if idom == NONE { pred.0 } else { tree.common_ancestor(idom, pred.0) };
                }
            }
            if idom != NONE {
                tree.attach(block, idom);
            }
        }
        // Sizes of subtrees from the leaves up, then numbers from the root down: a parent comes before its children.
        let mut dominated = vec![1u32; count];
        for block in (1..count).rev() {
            if tree.parent[block] != NONE {
                dominated[tree.parent[block] as usize] += dominated[block];
            }
        }
        let mut preorder = vec![NONE; count];
        preorder[0] = 0;
        let mut next = vec![1; count];
        for block in 1..count {
            if tree.parent[block] != NONE {
                let parent = tree.parent[block] as usize;
                preorder[block] = next[parent];
                next[block] = preorder[block] + 1;
                next[parent] += dominated[block];
            }
        }
        self.idoms = tree.parent;
        self.preorder = preorder;
        self.dominated = dominated;
    }

    /// The sources of the edges to a block, in order; one that has two edges to it stands there twice.
    pub fn preds(&self, block: Block) -> &[Block] {
        self.preds.of(block)
    }

    /// Whether a path leads from the entry to a block.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.preorder[block.index()] != NONE
    }

    /// The closest block that every path to this one goes through.
    pub fn immediate_dominator(&self, block: Block) -> Option<Block> {
        match self.idoms[block.index()] {
            NONE => None,
            idom => Some(Block(idom)),
        }
    }

    /// Whether every path to `b` goes through `a`. A block dominates itself.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        self.is_reachable(a)
            && self.is_reachable(b)
            && self.preorder[b.index()].wrapping_sub(self.preorder[a.index()])
                < self.dominated[a.index()]
    }
}

/// A tree that grows at its leaves, with jumps to ancestors at distances that make a search logarithmic.
struct Tree {
    depth: Vec<u32>,
    parent: Vec<u32>,
    jump: Vec<u32>,
}

impl Tree {
    fn attach(&mut self, leaf: u32, parent: u32) {
        let (at, above) = (leaf as usize, parent as usize);
        self.depth[at] = self.depth[above] + 1;
        self.parent[at] = parent;
        let jump = self.jump[above];
        let further = self.jump[jump as usize];
        let equal = self.depth[above] - self.depth[jump as usize]
            == self.depth[jump as usize] - self.depth[further as usize];
        self.jump[at] = if equal { further } else { parent };
    }

    fn ancestor_at(&self, mut node: u32, depth: u32) -> u32 {
        while self.depth[node as usize] > depth {
            let jump = self.jump[node as usize];
            node =
                if self.depth[jump as usize] >= depth { jump } else { self.parent[node as usize] };
        }
        node
    }

    fn common_ancestor(&self, a: u32, b: u32) -> u32 {
        let depth = self.depth[a as usize].min(self.depth[b as usize]);
        let mut a = self.ancestor_at(a, depth);
        let mut b = self.ancestor_at(b, depth);
        while a != b {
            let (over_a, over_b) = (self.jump[a as usize], self.jump[b as usize]);
            if over_a == over_b {
                a = self.parent[a as usize];
                b = self.parent[b as usize];
            } else {
                a = over_a;
                b = over_b;
            }
        }
        a
    }
}

/// The loops of a function as stretches of its block order: from the header to the last block with a back edge to it.
///
/// A stretch also holds blocks that leave the loop for good but lie between (a `break` with something before it); what
/// is live around the loop keeps its place in them too. Stretches **must** nest, so one that would reach beyond the
/// stretch around it makes that one longer.
#[derive(Debug, Clone, Default)]
pub struct Loops {
    loops: Vec<Loop>,
    /// Per block its innermost loop; [`NONE`] outside of all.
    innermost: Vec<u32>,
    /// Per block the last one with a back edge to it.
    last_source: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Loop {
    header: Block,
    last: Block,
    parent: u32,
}

impl Loops {
    /// Finds the loops of a function.
    pub fn new(function: &Function) -> Loops {
        let mut loops = Loops::default();
        loops.find(function);
        loops
    }

    /// The same with the memory of another function's.
    pub fn find(&mut self, function: &Function) {
        let Loops { loops, innermost, last_source } = self;
        loops.clear();
        innermost.clear();
        last_source.clear();
        last_source.resize(function.blocks.len(), NONE);
        let mut has_loops = false;
        for (block, data) in (0..).zip(&function.blocks) {
            for target in &function.targets[data.targets.start as usize..data.targets.end as usize]
            {
                if target.block.0 <= block {
                    last_source[target.block.index()] = block;
                    has_loops = true;
                }
            }
        }
        if !has_loops {
            innermost.resize(function.blocks.len(), NONE);
            return;
        }
        let mut current = NONE;
        for (block, &last) in (0..).map(Block).zip(&*last_source) {
            while current != NONE && loops[current as usize].last < block {
                current = loops[current as usize].parent;
            }
            if last != NONE {
                let last = Block(last);
                loops.push(Loop { header: block, last, parent: current });
                while current != NONE && loops[current as usize].last < last {
                    loops[current as usize].last = last;
                    current = loops[current as usize].parent;
                }
                current = loops.len() as u32 - 1;
            }
            innermost.push(current);
        }
    }

    /// Whether there is no loop.
    pub fn is_empty(&self) -> bool {
        self.loops.is_empty()
    }

    /// The last block of the outermost loop around `block` that begins after `outside`.
    pub fn end_of_outermost(&self, block: Block, outside: Block) -> Option<Block> {
        let mut end = None;
        let mut number = self.innermost[block.index()];
        while number != NONE {
            let found = self.loops[number as usize];
            if found.header <= outside {
                break;
            }
            end = Some(found.last);
            number = found.parent;
        }
        end
    }

    /// The loops around a block, innermost first: number, header and last block of each.
    pub fn around(&self, block: Block) -> impl Iterator<Item = (u32, Block, Block)> {
        let mut number = self.innermost[block.index()];
        std::iter::from_fn(move || {
            let found = self.loops.get(number as usize)?;
            let this = number;
            number = found.parent;
            Some((this, found.header, found.last))
        })
    }

    /// All loops in the order of their headers: number, header and last block of each.
    pub fn all(&self) -> impl Iterator<Item = (u32, Block, Block)> {
        (0..).zip(&self.loops).map(|(number, found)| (number, found.header, found.last))
    }

    /// How many there are; their numbers are below.
    pub fn len(&self) -> usize {
        self.loops.len()
    }

    /// The header of the innermost loop around a block.
    pub fn header(&self, block: Block) -> Option<Block> {
        self.loops.get(self.innermost[block.index()] as usize).map(|found| found.header)
    }

    /// How many loops are around a block.
    pub fn depth(&self, block: Block) -> u32 {
        let mut depth = 0;
        let mut number = self.innermost[block.index()];
        while number != NONE {
            depth += 1;
            number = self.loops[number as usize].parent;
        }
        depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read;

    /// A function whose block `i` goes to `edges[i]`.
    fn flow(edges: &[&[u32]]) -> Function {
        let mut text = "main @f\nfunction f(v0: i64) {\n".to_owned();
        for (block, targets) in edges.iter().enumerate() {
            let params = if block == 0 { "(v0: i64)" } else { "" };
            let targets: Vec<String> = targets.iter().map(|t| format!("b{t}")).collect();
            let end = if targets.is_empty() {
                "return".to_owned()
            } else {
                format!("switch v0, 0, {}", targets.join(", "))
            };
            text += &format!("b{block}{params}:\n  {end}\n");
        }
        text += "}\n";
        let mut program = read(&text).expect("the text is right");
        program.functions.remove(0)
    }

    /// By definition: `a` dominates `b` when `b` cannot be reached without `a`.
    fn dominates_by_definition(edges: &[&[u32]], a: u32, b: u32) -> bool {
        let reach = |without: Option<u32>| {
            let mut seen = vec![false; edges.len()];
            let mut open = vec![0];
            while let Some(block) = open.pop() {
                if Some(block) != without && !seen[block as usize] {
                    seen[block as usize] = true;
                    open.extend(edges[block as usize]);
                }
            }
            seen
        };
        let all = reach(None);
        all[a as usize] && all[b as usize] && !reach(Some(a))[b as usize]
    }

    const SHAPES: &[&[&[u32]]] = &[
        &[&[]],
        &[&[1, 2], &[3], &[3], &[]],
        // An unreachable block.
        &[&[2], &[2], &[]],
        // Nested loops with a break out of both.
        &[&[1], &[2, 6], &[3, 5], &[4, 6], &[2], &[1], &[]],
        // A chain of arms into one join.
        &[&[1, 2], &[9], &[3, 4], &[9], &[5, 6], &[9], &[7, 8], &[9], &[9], &[]],
        // Two edges to the same block, and a block that loops to itself.
        &[&[1, 1], &[1, 2], &[]],
    ];

    #[test]
    fn dominators_agree_with_their_definition() {
        for edges in SHAPES {
            let cfg = Cfg::new(&flow(edges));
            for a in 0..edges.len() as u32 {
                for b in 0..edges.len() as u32 {
                    assert_eq!(
                        cfg.dominates(Block(a), Block(b)),
                        dominates_by_definition(edges, a, b),
                        "{edges:?}: b{a} over b{b}"
                    );
                }
            }
        }
    }

    #[test]
    fn immediate_dominators_of_a_long_chain_of_arms() {
        // Condition 2k goes to arm 2k+1 and condition 2k+2; every arm goes to the join.
        let arms = 5000u32;
        let join = 2 * arms;
        let mut edges: Vec<Vec<u32>> = Vec::new();
        for arm in 0..arms {
            edges.push(vec![2 * arm + 1, 2 * arm + 2]);
            edges.push(vec![join]);
        }
        edges.push(Vec::new());
        let borrowed: Vec<&[u32]> = edges.iter().map(Vec::as_slice).collect();
        let cfg = Cfg::new(&flow(&borrowed));
        assert_eq!(cfg.immediate_dominator(Block(join)), Some(Block(0)));
        assert_eq!(cfg.immediate_dominator(Block(8001)), Some(Block(8000)));
        assert_eq!(cfg.preds(Block(join)).len(), arms as usize + 1);
    }

    #[test]
    fn loops_are_stretches_that_nest() {
        let function = flow(SHAPES[3]);
        let loops = Loops::new(&function);
        assert_eq!(
            loops.end_of_outermost(Block(3), Block(0)),
            Some(Block(5)),
            "from outside of both"
        );
        assert_eq!(loops.end_of_outermost(Block(3), Block(1)), Some(Block(4)));
        assert_eq!(loops.end_of_outermost(Block(3), Block(2)), None);
        assert_eq!(loops.header(Block(3)), Some(Block(2)));
        assert_eq!(loops.header(Block(5)), Some(Block(1)));
        assert_eq!(loops.header(Block(6)), None);
        assert_eq!(loops.depth(Block(4)), 2);
        // The second loop begins inside of the first one and ends after it.
        let crossing = flow(&[&[1], &[2, 3], &[4], &[1], &[2, 5], &[]]);
        let loops = Loops::new(&crossing);
        assert_eq!(loops.end_of_outermost(Block(2), Block(0)), Some(Block(4)));
    }
}
