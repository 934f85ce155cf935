//! Breadth first over a module graph: in the order of `go mod graph`, or to what is nearest.
//!
//! Requirements are taken in the order of their go.mod, roots in theirs.

use std::collections::VecDeque;

use larder_module::NamedVersion;

use super::names::Node;
use super::{ModuleGraph, NONE};

impl ModuleGraph {
    /// Every module version but `none`, breadth first from the roots, be it selected or not.
    pub fn breadth_first(&self) -> impl Iterator<Item = &NamedVersion> {
        self.order().into_iter().map(|node| self.names.name(node))
    }

    /// Every requirement, as `go mod graph` prints them: who requires, and what.
    pub fn edges(&self) -> impl Iterator<Item = (&NamedVersion, &NamedVersion)> {
        self.order().into_iter().flat_map(move |node| {
            let required = self.required_at(node).unwrap_or_default();
            required.iter().map(move |&other| (self.names.name(node), self.names.name(other)))
        })
    }

    fn order(&self) -> Vec<Node> {
        let mut queued = vec![false; self.names.len()];
        let mut order: Vec<Node> = Vec::with_capacity(self.names.len());
        // A root that is there twice is walked twice, as go walks it: two members of one name.
        let is_one = |node: Node| &*self.names.name(node).version != NONE;
        order.extend(self.roots.iter().copied().filter(|&root| is_one(root)));
        for root in &order {
            if let Some(seen) = queued.get_mut(root.index()) {
                *seen = true;
            }
        }
        let mut queue = |node: Node, order: &mut Vec<Node>| {
            if let Some(seen @ false) = queued.get_mut(node.index())
                && is_one(node)
            {
                *seen = true;
                order.push(node);
            }
        };
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            next += 1;
            for &other in self.required_at(node).unwrap_or_default() {
                queue(other, &mut order);
            }
        }
        order
    }

    /// A shortest way from a root to what is wanted, both ends in it.
    pub(super) fn find_path(&self, wanted: impl Fn(Node) -> bool) -> Option<Vec<Node>> {
        let mut first_by: Vec<Option<Option<Node>>> = vec![None; self.names.len()];
        let mut queue: VecDeque<Node> = VecDeque::new();
        let reach = |node: Node, by, first_by: &mut Vec<Option<Option<Node>>>| {
            let place = first_by.get_mut(node.index()).filter(|place| place.is_none());
            place.is_some_and(|place| {
                *place = Some(by);
                true
            })
        };
        for &root in &self.roots {
            if reach(root, None, &mut first_by) {
                queue.push_back(root);
            }
        }
        while let Some(node) = queue.pop_front() {
            if wanted(node) {
                let by = |node: &Node| first_by.get(node.index()).copied().flatten().flatten();
                let mut way: Vec<Node> = std::iter::successors(Some(node), by).collect();
                way.reverse();
                return Some(way);
            }
            for &other in self.required_at(node).unwrap_or_default() {
                if reach(other, Some(node), &mut first_by) {
                    queue.push_back(other);
                }
            }
        }
        None
    }
}
