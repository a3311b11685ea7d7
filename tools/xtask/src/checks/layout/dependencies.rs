//! Which file of a target needs which: every path is followed to the file that defines its item, through re-exports.
//!
//! A `pub use` in a parent is a dependency of the parent's file on the child's; `mod` lines alone are none. So a parent
//! may hold `mod` and `pub use` lines, or definitions that its children import, and not both.

use super::module_tree::{ModuleTree, PathUse};
use std::collections::{BTreeMap, BTreeSet};

/// For each pair of files (needing, needed): the lines of the first that make it so, with the path written there.
pub(super) type Dependencies = BTreeMap<(usize, usize), Vec<(usize, String)>>;

/// How often a re-export is followed to another one before a path counts as unknown.
const MOST_REEXPORTS: usize = 16;

/// Finds the dependencies between the files of `tree`.
pub(super) fn find_dependencies(tree: &ModuleTree) -> Dependencies {
    let mut found = Dependencies::new();
    for (id, module) in tree.modules.iter().enumerate() {
        let mut note = |path: &PathUse, suffix: &str, files: BTreeSet<usize>| {
            for needed in files.into_iter().filter(|file| *file != module.file) {
                let text = format!("{}{suffix}", path.parts.join("::"));
                let lines = found.entry((module.file, needed)).or_default();
                lines.push((path.line, text));
            }
        };
        let resolve = |path: &PathUse| resolve_path(tree, id, &path.parts, MOST_REEXPORTS);
        for import in &module.imports {
            let target = resolve(&import.path);
            if import.name.is_some() {
                note(&import.path, "", target.files);
            } else {
                let modules = target.modules.iter().map(|m| tree.modules[*m].file);
                note(&import.path, "::*", modules.chain(target.files).collect());
            }
        }
        for path in &module.paths {
            note(path, "", resolve(path).files);
        }
    }
    for lines in found.values_mut() {
        lines.sort();
        lines.dedup();
    }
    found
}

/// The target of a path; neither when it leads out of the crate's target.
#[derive(Default)]
struct PathTarget {
    /// The files that define its item.
    files: BTreeSet<usize>,
    /// The modules it names.
    modules: BTreeSet<usize>,
}

impl PathTarget {
    fn is_nothing(&self) -> bool {
        self.files.is_empty() && self.modules.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.modules.extend(other.modules);
    }
}

fn resolve_path(tree: &ModuleTree, from: usize, parts: &[String], left: usize) -> PathTarget {
    let mut module = from;
    let mut rest = parts;
    let mut is_relative = true;
    while let [first, after @ ..] = rest {
        module = match first.as_str() {
            "crate" => 0,
            "self" => module,
            "super" => tree.modules[module].parent.unwrap_or(0),
            _ => break,
        };
        is_relative = false;
        rest = after;
    }
    if rest.is_empty() {
        return PathTarget {
            modules: BTreeSet::from([module]),
            ..PathTarget::default()
        };
    }
    let found = look_up(tree, module, rest, left);
    if found.is_nothing() && !is_relative {
        // An item that a macro makes.
        return PathTarget {
            files: BTreeSet::from([tree.modules[module].file]),
            ..PathTarget::default()
        };
    }
    found
}

/// Looks `parts` up among the names of `module`.
fn look_up(tree: &ModuleTree, module: usize, parts: &[String], left: usize) -> PathTarget {
    let mut found = PathTarget::default();
    let (Some(left), Some((name, rest))) = (left.checked_sub(1), parts.split_first()) else {
        return found;
    };
    let here = &tree.modules[module];
    for child in here.children.get(name).into_iter().flatten() {
        if rest.is_empty() {
            found.modules.insert(*child);
        } else {
            found.add(look_up(tree, *child, rest, left));
        }
    }
    if here.definitions.contains(name) {
        found.files.insert(here.file);
    }
    if !found.is_nothing() && !rest.is_empty() || !found.files.is_empty() {
        return found;
    }
    for import in &here.imports {
        if import.name.as_ref() == Some(name) && import.path.parts.as_slice() != parts {
            let further = [&import.path.parts[..], rest].concat();
            found.add(resolve_path(tree, module, &further, left));
        }
    }
    if found.is_nothing() {
        for import in here.imports.iter().filter(|import| import.name.is_none()) {
            for target in resolve_path(tree, module, &import.path.parts, left).modules {
                if target != module {
                    found.add(look_up(tree, target, parts, left));
                }
            }
        }
    }
    if found.is_nothing() && here.children.contains_key(name) {
        let children = here.children[name].iter();
        found
            .files
            .extend(children.map(|child| tree.modules[*child].file));
    }
    found
}
