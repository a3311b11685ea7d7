//! The modules of one target of a crate (a library or a program), with what each defines, imports and names by a path.

use crate::checks::rust_tokens::{
    Token, find_closing, read_attribute, split_tokens, without_tests,
};
use std::collections::{BTreeMap, BTreeSet};

/// The modules of one target. The root is the first.
#[derive(Debug, Default)]
pub(super) struct ModuleTree {
    /// The files' names from the root of the workspace.
    pub(super) files: Vec<String>,
    /// The modules.
    pub(super) modules: Vec<Module>,
}

/// A module: a whole file, or a part of one in braces.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its file, as an index into [`ModuleTree::files`].
    pub(super) file: usize,
    /// The module around it.
    pub(super) parent: Option<usize>,
    /// The modules in it; more than one under a name where `cfg` picks one.
    pub(super) children: BTreeMap<String, Vec<usize>>,
    /// The names of the items it defines itself.
    pub(super) definitions: BTreeSet<String>,
    /// Its `use` lines, one entry for each imported name.
    pub(super) imports: Vec<Import>,
    /// The other paths of at least two parts in it.
    pub(super) paths: Vec<PathUse>,
}

/// One imported name.
#[derive(Debug, PartialEq)]
pub(super) struct Import {
    /// Where it comes from.
    pub(super) path: PathUse,
    /// The name it has here; nothing for `*`.
    pub(super) name: Option<String>,
}

/// A path and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PathUse {
    /// Its parts.
    pub(super) parts: Vec<String>,
    /// The line, from 1.
    pub(super) line: usize,
}

/// Gives the text of the file of that name.
pub(super) type ReadFile<'r> = &'r dyn Fn(&str) -> Option<String>;

/// Reads the target whose root is the file `root`, without what is compiled for tests only. A module whose file is
/// missing is left out.
pub(super) fn read_target(root: &str, read: ReadFile<'_>) -> ModuleTree {
    let mut tree = ModuleTree::default();
    if let Some(text) = read(root) {
        let folder = folder_of(root).to_owned();
        add_file(&mut tree, root, &text, None, &folder, read);
    }
    tree
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Adds a file's module whose own child modules lie in `folder`.
fn add_file(
    tree: &mut ModuleTree,
    name: &str,
    text: &str,
    parent: Option<usize>,
    folder: &str,
    read: ReadFile<'_>,
) -> usize {
    tree.files.push(name.to_owned());
    let file = tree.files.len() - 1;
    let all = split_tokens(text);
    let mut code = without_tests(&all);
    code.retain(|token| !token.is_comment());
    add_module(tree, &code, file, parent, folder, read)
}

fn add_module(
    tree: &mut ModuleTree,
    code: &[Token<'_>],
    file: usize,
    parent: Option<usize>,
    folder: &str,
    read: ReadFile<'_>,
) -> usize {
    let id = tree.modules.len();
    tree.modules.push(Module {
        file,
        parent,
        ..Module::default()
    });
    let mut body = ModuleBody::default();
    body.read(code);
    for child in body.children {
        let added = match child.place {
            ChildPlace::Braces(inside) => {
                let folder = join_path(folder, &child.name);
                Some(add_module(tree, inside, file, Some(id), &folder, read))
            }
            ChildPlace::File(path) => {
                let here = folder_of(&tree.files[file]).to_owned();
                child_file(folder, &here, &child.name, path.as_deref(), read).map(
                    |(name, text, folder)| add_file(tree, &name, &text, Some(id), &folder, read),
                )
            }
        };
        if let Some(added) = added {
            let children = &mut tree.modules[id].children;
            children.entry(child.name).or_default().push(added);
        }
    }
    let module = &mut tree.modules[id];
    module.definitions = body.definitions;
    module.imports = body.imports;
    module.paths = body.paths;
    id
}

/// The file of the module `name`, its text, and the folder of its own child modules.
fn child_file(
    folder: &str,
    here: &str,
    name: &str,
    path: Option<&str>,
    read: ReadFile<'_>,
) -> Option<(String, String, String)> {
    let folder_below = join_path(folder, name);
    let candidates = match path {
        Some(path) => {
            let file = join_path(here, path);
            let below = folder_of(&file).to_owned();
            vec![(file, below)]
        }
        None => vec![
            (format!("{folder_below}.rs"), folder_below.clone()),
            (format!("{folder_below}/mod.rs"), folder_below),
        ],
    };
    candidates
        .into_iter()
        .find_map(|(file, below)| read(&file).map(|text| (file, text, below)))
}

/// `path` seen from `folder`, without its `..`.
fn join_path(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[derive(Default)]
struct ModuleBody<'t, 'a> {
    children: Vec<ChildModule<'t, 'a>>,
    definitions: BTreeSet<String>,
    imports: Vec<Import>,
    paths: Vec<PathUse>,
}

struct ChildModule<'t, 'a> {
    name: String,
    place: ChildPlace<'t, 'a>,
}

enum ChildPlace<'t, 'a> {
    Braces(&'t [Token<'a>]),
    /// With the path of `#[path]`.
    File(Option<String>),
}

impl<'t, 'a> ModuleBody<'t, 'a> {
    fn read(&mut self, code: &'t [Token<'a>]) {
        let mut depth = 0_usize;
        let mut path_attribute = None;
        let mut at = 0;
        while let Some(token) = code.get(at) {
            if let Some((_, inside, after)) = read_attribute(code, at) {
                if let [name, _, path] = inside
                    && name.is_word("path")
                {
                    path_attribute = Some(path.text.to_owned());
                }
                self.read_paths(inside);
                at = after;
                continue;
            }
            if token.is_mark('{') {
                depth += 1;
            } else if token.is_mark('}') {
                depth = depth.saturating_sub(1);
            }
            at = match token.text {
                "mod" if token.is_word("mod") && depth == 0 => {
                    self.read_module(code, at, path_attribute.take())
                }
                "use" if begins_use(code, at) => self.read_use(code, at),
                "pub" if code.get(at + 1).is_some_and(|next| next.is_mark('(')) => {
                    find_closing(code, at + 1).map_or(at + 1, |close| close + 1)
                }
                _ => {
                    if depth == 0 {
                        self.definitions.extend(defined_name(code, at));
                    }
                    self.read_path(code, at)
                }
            };
        }
    }

    /// Reads `mod name;` or `mod name { … }` and gives its end.
    fn read_module(
        &mut self,
        code: &'t [Token<'a>],
        at: usize,
        path_attribute: Option<String>,
    ) -> usize {
        let (Some(name), Some(next)) = (code.get(at + 1), code.get(at + 2)) else {
            return at + 1;
        };
        let (place, end) = if next.is_mark('{') {
            let close = find_closing(code, at + 2).unwrap_or(code.len() - 1);
            (ChildPlace::Braces(&code[at + 3..close]), close + 1)
        } else if next.is_mark(';') {
            (ChildPlace::File(path_attribute), at + 3)
        } else {
            return at + 1;
        };
        self.children.push(ChildModule {
            name: name.text.to_owned(),
            place,
        });
        end
    }

    fn read_use(&mut self, code: &[Token<'_>], at: usize) -> usize {
        let length = code[at..].iter().position(|token| token.is_mark(';'));
        let end = length.map_or(code.len(), |length| at + length);
        read_use_tree(&code[at + 1..end], &[], &mut self.imports);
        end + 1
    }

    fn read_paths(&mut self, code: &[Token<'_>]) {
        let mut at = 0;
        while at < code.len() {
            at = self.read_path(code, at);
        }
    }

    /// Notes the path that begins at `at`, if one does, and gives the place to go on at.
    fn read_path(&mut self, code: &[Token<'_>], at: usize) -> usize {
        use crate::checks::rust_tokens::TokenKind::Word;
        if code[at].kind != Word {
            return at + 1;
        }
        let mut end = at + 1;
        let mut parts = vec![code[at].text.to_owned()];
        while is_path_mark(code, end) && code.get(end + 2).is_some_and(|next| next.kind == Word) {
            parts.push(code[end + 2].text.to_owned());
            end += 3;
        }
        let follows = at.checked_sub(1).map(|before| &code[before]);
        let is_inside = follows.is_some_and(|token| token.is_mark('.') || token.is_mark(':'))
            && (follows.is_some_and(|token| token.is_mark('.'))
                || is_path_mark(code, at.saturating_sub(2)));
        if parts.len() > 1 && !is_inside {
            let line = code[at].line;
            self.paths.push(PathUse { parts, line });
        }
        end
    }
}

/// Whether `use` at `at` begins an import; `use<'a>` in a type does not.
fn begins_use(code: &[Token<'_>], at: usize) -> bool {
    code[at].is_word("use") && code.get(at + 1).is_some_and(|next| !next.is_mark('<'))
}

fn is_path_mark(code: &[Token<'_>], at: usize) -> bool {
    matches!(code.get(at..at + 2), Some([one, two]) if one.is_mark(':') && two.is_mark(':'))
}

/// The name of the item whose keyword stands at `at`.
fn defined_name(code: &[Token<'_>], at: usize) -> Option<String> {
    const KEYWORDS: [&str; 8] = [
        "fn", "struct", "enum", "union", "trait", "type", "const", "static",
    ];
    let keyword = code.get(at)?;
    let mut name = at + 1;
    if keyword.is_word("macro_rules") {
        name += 1;
    } else if !KEYWORDS.iter().any(|word| keyword.is_word(word)) {
        return None;
    }
    while code.get(name)?.is_word("mut") {
        name += 1;
    }
    let name = code.get(name)?;
    let is_keyword = KEYWORDS.contains(&name.text) || matches!(name.text, "unsafe" | "extern");
    (name.kind == crate::checks::rust_tokens::TokenKind::Word && !is_keyword)
        .then(|| name.text.to_owned())
}

/// Adds the names that a tree such as `a::{b, c as d, e::*}` imports.
fn read_use_tree(tree: &[Token<'_>], prefix: &[String], imports: &mut Vec<Import>) {
    let mut parts = prefix.to_vec();
    let mut line = tree.first().map_or(0, |token| token.line);
    let mut at = 0;
    let mut alias = None;
    while let Some(token) = tree.get(at) {
        if token.is_mark('{') {
            let close = find_closing(tree, at).unwrap_or(tree.len());
            for branch in split_branches(&tree[at + 1..close]) {
                read_use_tree(branch, &parts, imports);
            }
            return;
        }
        if token.is_mark('*') {
            let path = PathUse { parts, line };
            imports.push(Import { path, name: None });
            return;
        }
        if token.is_word("as") {
            alias = tree.get(at + 1).map(|name| name.text.to_owned());
            break;
        }
        if token.kind == crate::checks::rust_tokens::TokenKind::Word {
            line = token.line;
            if token.text != "self" || parts.is_empty() {
                parts.push(token.text.to_owned());
            }
        }
        at += 1;
    }
    if let Some(last) = parts.last().cloned() {
        let name = Some(alias.unwrap_or(last));
        let path = PathUse { parts, line };
        imports.push(Import { path, name });
    }
}

/// The parts between the commas that stand in no further braces.
fn split_branches<'t, 'a>(group: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, token) in group.iter().enumerate() {
        if token.is_mark('{') {
            depth += 1;
        } else if token.is_mark('}') {
            depth = depth.saturating_sub(1);
        } else if token.is_mark(',') && depth == 0 {
            found.push(&group[start..at]);
            start = at + 1;
        }
    }
    found.push(&group[start..]);
    found.retain(|branch| !branch.is_empty());
    found
}
