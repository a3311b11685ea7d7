//! Rust source, for checks that need a little more than lines and a great deal less than a compiler: its comments and
//! strings from rustc's lexer, its code as trees of tokens.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};
use std::ops::RangeInclusive;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// A comment that is documentation, without its slashes.
    Doc,
    /// Any other comment, without its slashes.
    Comment,
    /// A string of any form, without its quotes; escapes are as they are written.
    Message,
}

/// A comment or a string, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceText<'a> {
    /// What it is.
    pub(crate) kind: TextKind,
    /// What it says.
    pub(crate) text: &'a str,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// The line it ends on.
    pub(crate) last_line: usize,
}

/// The comments and strings of `source`, in order.
pub(crate) fn split_texts(source: &str) -> Vec<SourceText<'_>> {
    let (mut at, mut line) = (0, 1);
    let mut found = Vec::new();
    for token in tokenize(source, FrontmatterAllowed::No) {
        let whole = &source[at..at + token.len as usize];
        let last_line = line + whole.matches('\n').count();
        let inside = match token.kind {
            TokenKind::LineComment { doc_style: None } => Some((TextKind::Comment, &whole[2..])),
            TokenKind::LineComment { .. } => Some((TextKind::Doc, &whole[3..])),
            TokenKind::BlockComment { doc_style, .. } => {
                let kind = doc_style.map_or(TextKind::Comment, |_| TextKind::Doc);
                Some((kind, whole[2..].trim_end_matches("*/")))
            }
            TokenKind::Literal { kind, .. } if is_string(kind) => {
                let text = whole.split_once('"').map_or("", |(_, text)| text);
                let text = text.rsplit_once('"').map_or(text, |(text, _)| text);
                Some((TextKind::Message, text))
            }
            _ => None,
        };
        found.extend(inside.map(|(kind, text)| SourceText {
            kind,
            text,
            line,
            last_line,
        }));
        at += whole.len();
        line = last_line;
    }
    found
}

fn is_string(kind: LiteralKind) -> bool {
    !matches!(
        kind,
        LiteralKind::Int { .. }
            | LiteralKind::Float { .. }
            | LiteralKind::Char { .. }
            | LiteralKind::Byte { .. }
    )
}

/// The code of a file without what is compiled for tests only.
///
/// An item under `#[cfg(test)]`, `#[cfg(all(test, …))]` or `#[test]` is left out, a whole file under `#![cfg(test)]`.
#[derive(Debug)]
pub(crate) struct ShippedCode {
    /// The code, without comments; documentation is an attribute.
    pub(crate) trees: Vec<TokenTree>,
    /// The lines of what was left out.
    left_out: Vec<RangeInclusive<usize>>,
}

impl ShippedCode {
    /// Reads the code of `source`.
    ///
    /// # Errors
    /// As for [`parse_code`].
    pub(crate) fn parse(source: &str) -> Result<Self> {
        let mut left_out = Vec::new();
        let trees = without_tests(parse_code(source)?, &mut left_out);
        Ok(Self { trees, left_out })
    }

    /// Whether `text` stands in what is compiled for tests only.
    pub(crate) fn leaves_out(&self, text: &SourceText<'_>) -> bool {
        self.left_out.iter().any(|lines| lines.contains(&text.line))
    }
}

/// The whole code of `source`.
///
/// # Errors
/// Where it is no Rust, such as a bracket that nothing closes.
pub(crate) fn parse_code(source: &str) -> Result<Vec<TokenTree>> {
    let parsed = source.parse::<TokenStream>();
    let trees = parsed.map_err(|e| anyhow!("line {}: {e}", e.span().start().line))?;
    Ok(trees.into_iter().collect())
}

fn without_tests(
    code: Vec<TokenTree>,
    left_out: &mut Vec<RangeInclusive<usize>>,
) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < code.len() {
        match &code[at..] {
            [hash, bang, TokenTree::Group(attribute), ..]
                if is_mark(hash, '#') && is_mark(bang, '!') && is_for_tests(attribute) =>
            {
                left_out.push(0..=usize::MAX);
                return Vec::new();
            }
            [hash, TokenTree::Group(attribute), rest @ ..]
                if is_mark(hash, '#') && is_for_tests(attribute) =>
            {
                let end = rest.iter().position(ends_item);
                let length = end.map_or(rest.len(), |end| end + 1);
                let last = rest[..length].last().unwrap_or(hash);
                left_out.push(first_line(hash)..=last.span().end().line);
                at += 2 + length;
            }
            [TokenTree::Group(group), ..] => {
                let inside = without_tests(inner_trees(&code[at]), left_out);
                let mut without = Group::new(group.delimiter(), inside.into_iter().collect());
                without.set_span(group.span());
                kept.push(without.into());
                at += 1;
            }
            [token, ..] => {
                kept.push(token.clone());
                at += 1;
            }
            [] => {}
        }
    }
    kept
}

fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text == "test" || text == "cfg(test)" || text.starts_with("cfg(all(test")
}

fn ends_item(token: &TokenTree) -> bool {
    is_mark(token, ';') || is_mark(token, ',') || is_braces(token)
}

/// What stands between the brackets; nothing for a token that is no pair of them.
pub(crate) fn inner_trees(token: &TokenTree) -> Vec<TokenTree> {
    match token {
        TokenTree::Group(group) => group.stream().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether this is a pair of braces.
pub(crate) fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Whether this is the punctuation `mark`.
pub(crate) fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// Whether this is one of these names or keywords.
pub(crate) fn is_word(token: &TokenTree, words: &[&str]) -> bool {
    matches!(token, TokenTree::Ident(ident) if words.iter().any(|word| ident == word))
}

/// The name or keyword, without the `r#` of a raw name.
pub(crate) fn word_text(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

/// The line on which a token begins, from 1.
pub(crate) fn first_line(token: &TokenTree) -> usize {
    token.span().start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str, kind: TextKind) -> Vec<&str> {
        let found = split_texts(source).into_iter();
        let of_kind = found.filter(|text| text.kind == kind);
        of_kind.map(|text| text.text).collect()
    }

    /// The names and keywords, of nested code too.
    fn words(code: &[TokenTree]) -> Vec<String> {
        let words = code.iter().flat_map(|token| match token {
            TokenTree::Ident(ident) => vec![word_text(ident)],
            token => words(&inner_trees(token)),
        });
        words.collect()
    }

    #[test]
    fn comments_and_strings_are_told_apart() {
        let source = "/// A doc.\nfn f<'a>() { // a comment\n let s = \"a // \\\" string\"; let c = '\"'; }\n/* one /* two */ */";
        assert_eq!(texts(source, TextKind::Doc), [" A doc."]);
        assert_eq!(
            texts(source, TextKind::Comment),
            [" a comment", " one /* two */ "]
        );
        assert_eq!(texts(source, TextKind::Message), ["a // \\\" string"]);
    }

    #[test]
    fn raw_strings_end_at_their_own_quote() -> Result<()> {
        let source = "let a = r#\"x \"quoted\" // y\"#; let b = br\"\\\"; r#type; b'\\''; c\"z\"";
        assert_eq!(
            texts(source, TextKind::Message),
            ["x \"quoted\" // y", "\\", "z"]
        );
        assert_eq!(
            words(&parse_code(source)?),
            ["let", "a", "let", "b", "type"]
        );
        Ok(())
    }

    #[test]
    fn lines_are_counted_through_strings() -> Result<()> {
        let source = "let a = \"one\ntwo\";\n/* x\ny */ b";
        let found = split_texts(source);
        let lines = found.iter().map(|t| (t.text, t.line, t.last_line));
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [("one\ntwo", 1, 2), (" x\ny ", 3, 4)]
        );
        let last = parse_code(source)?.pop();
        assert_eq!(last.map(|token| first_line(&token)), Some(4));
        Ok(())
    }

    #[test]
    fn tests_are_left_out() -> Result<()> {
        let source = [
            "fn a() {}",
            "#[cfg(test)]\nmod tests { fn b() {} }",
            "#[cfg(test)]\n#[path = \"x.rs\"]\nmod more;",
            "#[test]\nfn c() {}",
            "#[derive(Debug)]\nstruct D { #[cfg(test)] e: u8, f: u8 }",
            "#[cfg(all(test, unix))]\nuse g::h;",
            "fn i() {}",
        ]
        .join("\n");
        assert_eq!(
            words(&ShippedCode::parse(&source)?.trees),
            [
                "fn", "a", "derive", "Debug", "struct", "D", "f", "u8", "fn", "i"
            ]
        );
        let whole = ShippedCode::parse("#![cfg(test)]\nfn a() {}")?;
        assert!(whole.trees.is_empty());
        Ok(())
    }

    #[test]
    fn texts_of_tests_are_known_by_their_lines() -> Result<()> {
        let source = "// one\n#[cfg(test)]\nmod tests {\n    // two\n}\n// three\n";
        let code = ShippedCode::parse(source)?;
        let texts = split_texts(source).into_iter();
        let kept = texts.filter(|text| !code.leaves_out(text));
        let kept: Vec<_> = kept.map(|text| text.text.trim()).collect();
        assert_eq!(kept, ["one", "three"]);
        Ok(())
    }
}
