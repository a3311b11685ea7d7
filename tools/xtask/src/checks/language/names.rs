//! The names that a Rust file gives to types, modules and functions.

use crate::checks::rust_tokens::{Token, TokenKind, find_closing};

/// A name and the line it is given on.
#[derive(Debug, PartialEq)]
pub(super) struct GivenName<'a> {
    /// The name.
    pub(super) name: &'a str,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// The names that follow one of `keywords`.
fn names_after<'a>(code: &[Token<'a>], keywords: &[&str]) -> Vec<GivenName<'a>> {
    let named = code.windows(2).filter_map(|pair| {
        let [keyword, name] = pair else { return None };
        let is_keyword = keyword.kind == TokenKind::Word && keywords.contains(&keyword.text);
        (is_keyword && name.kind == TokenKind::Word).then_some(GivenName {
            name: name.text,
            line: name.line,
        })
    });
    named.collect()
}

/// Structs, enums, unions, traits and type aliases; types inside a trait or its implementation are not counted.
pub(super) fn type_names<'a>(code: &[Token<'a>]) -> Vec<GivenName<'a>> {
    let outside = without_blocks(code, &["impl", "trait"]);
    let mut found = names_after(&outside, &["struct", "enum", "trait", "type"]);
    found.retain(|given| given.name.starts_with(char::is_uppercase));
    found
}

/// Modules in braces; one in a file of its own has the file's name.
pub(super) fn module_names<'a>(code: &[Token<'a>]) -> Vec<GivenName<'a>> {
    let with_mark = code.windows(3).filter(|three| three[2].is_mark('{'));
    with_mark
        .flat_map(|three| names_after(three, &["mod"]))
        .collect()
}

/// Functions whose name is of one's own choice: those of a trait's implementation have the trait's names.
pub(super) fn function_names<'a>(code: &[Token<'a>]) -> Vec<GivenName<'a>> {
    let is_for_trait = |header: &[Token<'_>]| {
        header[0].is_word("impl") && header.iter().any(|token| token.is_word("for"))
    };
    let mut found = names_after(&blocks_left_out(code, &is_for_trait), &["fn"]);
    found.retain(|given| given.name != "main");
    found
}

/// `code` without the braces of the items that begin with one of `keywords`.
fn without_blocks<'a>(code: &[Token<'a>], keywords: &[&str]) -> Vec<Token<'a>> {
    blocks_left_out(code, &|header| {
        header[0].kind == TokenKind::Word && keywords.contains(&header[0].text)
    })
}

/// `code` without the braces whose header (the tokens of an item from its keyword to its brace) is `unwanted`.
fn blocks_left_out<'a>(
    code: &[Token<'a>],
    unwanted: &dyn Fn(&[Token<'a>]) -> bool,
) -> Vec<Token<'a>> {
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(token) = code.get(at) {
        kept.push(*token);
        let is_item = (token.is_word("impl") || token.is_word("trait")) && begins_item(code, at);
        let brace = code[at..]
            .iter()
            .position(|token| token.is_mark('{') || token.is_mark(';'));
        at = match brace.filter(|_| is_item).map(|length| at + length) {
            Some(open) if code[open].is_mark('{') && unwanted(&code[at..open]) => {
                kept.extend_from_slice(&code[at + 1..open]);
                find_closing(code, open).map_or(code.len(), |close| close + 1)
            }
            _ => at + 1,
        };
    }
    kept
}

/// Whether a keyword stands where an item begins, and not in a type such as `-> impl Fn()`.
fn begins_item(code: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| {
        let before = &code[before];
        before.is_mark('}')
            || before.is_mark('{')
            || before.is_mark(';')
            || before.is_mark(']')
            || before.is_word("pub")
            || before.is_word("unsafe")
            || before.is_mark(')')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::rust_tokens::split_tokens;

    fn texts<'a>(found: &[GivenName<'a>]) -> Vec<&'a str> {
        found.iter().map(|given| given.name).collect()
    }

    #[test]
    fn names_are_those_of_ones_own_choice() {
        let source = "pub struct A; enum B {} trait C { type D; fn e(); }\nimpl C for A { type D = u8; fn e() {} }\n\
            impl A { fn f(&self) -> impl Fn(u8) { g } }\ntype H = u8; mod i; mod j { fn k() {} }\nfn main() {}";
        let code = split_tokens(source);
        assert_eq!(texts(&type_names(&code)), ["A", "B", "C", "H"]);
        assert_eq!(texts(&module_names(&code)), ["j"]);
        assert_eq!(texts(&function_names(&code)), ["e", "f", "k"]);
    }
}
