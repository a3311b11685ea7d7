//! The modules of one target of a crate (a library or a program), with what each defines, imports and names by a path.

use crate::checks::rust_source::{
    ShippedCode, first_line, inner_trees, is_braces, is_mark, is_word, word_text,
};
use anyhow::{Context, Result};
use proc_macro2::TokenTree;
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
///
/// # Errors
/// A file that is no Rust.
pub(super) fn read_target(root: &str, read: ReadFile<'_>) -> Result<ModuleTree> {
    let mut tree = ModuleTree::default();
    if let Some(text) = read(root) {
        let folder = folder_of(root).to_owned();
        add_file(&mut tree, root, &text, None, &folder, read)?;
    }
    Ok(tree)
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
) -> Result<usize> {
    tree.files.push(name.to_owned());
    let file = tree.files.len() - 1;
    let code = ShippedCode::parse(text).with_context(|| name.to_owned())?;
    add_module(tree, &code.trees, file, parent, folder, read)
}

fn add_module(
    tree: &mut ModuleTree,
    code: &[TokenTree],
    file: usize,
    parent: Option<usize>,
    folder: &str,
    read: ReadFile<'_>,
) -> Result<usize> {
    let id = tree.modules.len();
    let mut body = ModuleBody::default();
    body.read(code, true);
    body.module.file = file;
    body.module.parent = parent;
    tree.modules.push(body.module);
    for (name, place) in body.children {
        let added = match place {
            ChildPlace::Braces(inside) => {
                let folder = join_path(folder, &name);
                add_module(tree, &inside, file, Some(id), &folder, read)?
            }
            ChildPlace::File(path) => {
                let here = folder_of(&tree.files[file]);
                let Some((file, text, folder)) = child_file(folder, here, &name, path, read) else {
                    continue;
                };
                add_file(tree, &file, &text, Some(id), &folder, read)?
            }
        };
        let children = &mut tree.modules[id].children;
        children.entry(name).or_default().push(added);
    }
    Ok(id)
}

/// The file of the module `name`, its text, and the folder of its own child modules.
fn child_file(
    folder: &str,
    here: &str,
    name: &str,
    path: Option<String>,
    read: ReadFile<'_>,
) -> Option<(String, String, String)> {
    let below = join_path(folder, name);
    let candidates = match path {
        Some(path) => {
            let file = join_path(here, &path);
            let below = folder_of(&file).to_owned();
            vec![(file, below)]
        }
        None => vec![
            (format!("{below}.rs"), below.clone()),
            (format!("{below}/mod.rs"), below),
        ],
    };
    let mut candidates = candidates.into_iter();
    candidates.find_map(|(file, below)| read(&file).map(|text| (file, text, below)))
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

enum ChildPlace {
    Braces(Vec<TokenTree>),
    /// With the path of `#[path]`.
    File(Option<String>),
}

#[derive(Default)]
struct ModuleBody {
    module: Module,
    children: Vec<(String, ChildPlace)>,
}

impl ModuleBody {
    /// Reads code; items are the module's own where it `is_top`, in no brackets.
    fn read(&mut self, code: &[TokenTree], is_top: bool) {
        let mut path_attribute = None;
        let mut at = 0;
        while let Some(token) = code.get(at) {
            at += match &code[at..] {
                // A lifetime.
                [quote, TokenTree::Ident(_), ..] if is_mark(quote, '\'') => 2,
                [hash, attribute @ TokenTree::Group(_), ..] if is_mark(hash, '#') => {
                    let inside = inner_trees(attribute);
                    if let [name, _, TokenTree::Literal(path)] = &inside[..]
                        && is_word(name, &["path"])
                    {
                        path_attribute = Some(path.to_string().trim_matches('"').to_owned());
                    }
                    self.read(&inside, false);
                    2
                }
                [word, TokenTree::Ident(name), next, ..]
                    if is_top
                        && is_word(word, &["mod"])
                        && (is_braces(next) || is_mark(next, ';')) =>
                {
                    let place = match is_braces(next) {
                        true => ChildPlace::Braces(inner_trees(next)),
                        false => ChildPlace::File(path_attribute.take()),
                    };
                    self.children.push((word_text(name), place));
                    3
                }
                // `use<'a>` in a type is no import.
                [word, next, ..] if is_word(word, &["use"]) && !is_mark(next, '<') => {
                    let rest = &code[at..];
                    let end = rest.iter().position(|token| is_mark(token, ';'));
                    let end = end.unwrap_or(rest.len());
                    read_use_tree(&rest[1..end], &[], &mut self.module.imports);
                    end + 1
                }
                [word, TokenTree::Group(_), ..] if is_word(word, &["pub"]) => 2,
                rest => {
                    if is_top {
                        self.module.definitions.extend(defined_name(rest));
                    }
                    self.read(&inner_trees(token), false);
                    self.read_path(&code[..at], rest)
                }
            };
        }
    }

    /// Notes the path that `rest` begins with, if it does, and gives how many tokens to go on after.
    fn read_path(&mut self, before: &[TokenTree], mut rest: &[TokenTree]) -> usize {
        let (whole, first) = (rest.len(), &rest[0]);
        let mut parts = Vec::new();
        while let [TokenTree::Ident(part), after @ ..] = rest {
            parts.push(word_text(part));
            rest = after;
            match after {
                [_, _, further @ ..]
                    if is_path_mark(&after[..2])
                        && matches!(further, [TokenTree::Ident(_), ..]) =>
                {
                    rest = further;
                }
                _ => break,
            }
        }
        let is_method = before.last().is_some_and(|token| is_mark(token, '.'));
        if parts.len() > 1 && !is_method && !is_path_mark(before) {
            let line = first_line(first);
            self.module.paths.push(PathUse { parts, line });
        }
        (whole - rest.len()).max(1)
    }
}

/// Whether the last two tokens are `::`.
fn is_path_mark(code: &[TokenTree]) -> bool {
    matches!(code, [.., one, two] if is_mark(one, ':') && is_mark(two, ':'))
}

/// The name of the item that begins here.
fn defined_name(code: &[TokenTree]) -> Option<String> {
    const KEYWORDS: [&str; 10] = [
        "fn", "struct", "enum", "union", "trait", "type", "const", "static", "unsafe", "extern",
    ];
    let (first, mut rest) = code.split_first()?;
    if is_word(first, &["macro_rules"]) {
        rest = rest.get(1..)?;
    } else if !is_word(first, &KEYWORDS[..8]) {
        return None;
    }
    if rest.first().is_some_and(|token| is_word(token, &["mut"])) {
        rest = &rest[1..];
    }
    match rest.first()? {
        TokenTree::Ident(name) if !KEYWORDS.iter().any(|word| name == word) => {
            Some(word_text(name))
        }
        _ => None,
    }
}

/// Adds the names that a tree such as `a::{b, c as d, e::*}` imports.
fn read_use_tree(tree: &[TokenTree], prefix: &[String], imports: &mut Vec<Import>) {
    let Some(first) = tree.first() else { return };
    let mut path = PathUse {
        parts: prefix.to_vec(),
        line: first_line(first),
    };
    let mut alias = None;
    for (at, token) in tree.iter().enumerate() {
        match token {
            TokenTree::Group(_) => {
                for branch in inner_trees(token).split(|token| is_mark(token, ',')) {
                    read_use_tree(branch, &path.parts, imports);
                }
                return;
            }
            TokenTree::Ident(word) if word == "as" => {
                let name = tree.get(at + 1);
                alias = name.map(TokenTree::to_string);
                break;
            }
            TokenTree::Ident(word) => {
                path.line = first_line(token);
                if word != "self" || path.parts.is_empty() {
                    path.parts.push(word_text(word));
                }
            }
            token if is_mark(token, '*') => {
                imports.push(Import { path, name: None });
                return;
            }
            _ => {}
        }
    }
    if let Some(last) = path.parts.last().cloned() {
        let name = Some(alias.unwrap_or(last));
        imports.push(Import { path, name });
    }
}
