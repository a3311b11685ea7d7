//! Rust source as tokens, for checks that need a little more than lines and a great deal less than a compiler.
//!
//! Always true: the tokens of a file are in the order of its text, and a token's line is the one it begins on.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or a keyword, without the `r#` of a raw name.
    Word,
    /// A string of any form; the text between its quotes, escapes included.
    Text,
    /// A comment that is documentation; the text is without its slashes.
    Doc,
    /// Any other comment; the text is without its slashes.
    Comment,
    /// A character, a lifetime or a number: nothing a check asks about.
    Other,
    /// One character of punctuation.
    Mark,
}

/// One token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Its kind.
    pub(crate) kind: TokenKind,
    /// Its text.
    pub(crate) text: &'a str,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// The line it ends on.
    pub(crate) last_line: usize,
}

impl Token<'_> {
    /// Whether this is the name or keyword `word`.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }

    /// Whether this is the punctuation `mark`.
    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == TokenKind::Mark && self.text.starts_with(mark)
    }

    /// Whether this is a comment or documentation.
    pub(crate) fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::Doc | TokenKind::Comment)
    }
}

/// Splits `source` into tokens, comments included.
pub(crate) fn split_tokens(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner {
        source,
        at: 0,
        line: 1,
        found: Vec::new(),
    };
    while scanner.step() {}
    scanner.found
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    found: Vec<Token<'a>>,
}

impl<'a> Scanner<'a> {
    fn step(&mut self) -> bool {
        let rest = &self.source[self.at..];
        let Some(first) = rest.chars().next() else {
            return false;
        };
        if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if rest.starts_with("//") {
            self.line_comment(rest);
        } else if rest.starts_with("/*") {
            self.block_comment(rest);
        } else if let Some((open, close)) = string_start(rest) {
            self.string(rest, open, &close);
        } else if first == '\'' {
            let length = character_length(rest);
            self.push(TokenKind::Other, length, 0..length);
        } else if first == '_' || first.is_alphabetic() {
            let prefix = if rest.starts_with("r#") { 2 } else { 0 };
            let length = prefix + word_length(&rest[prefix..]);
            self.push(TokenKind::Word, length, prefix..length);
        } else if first.is_ascii_digit() {
            let length = number_length(rest);
            self.push(TokenKind::Other, length, 0..length);
        } else {
            self.push(TokenKind::Mark, first.len_utf8(), 0..first.len_utf8());
        }
        true
    }

    fn line_comment(&mut self, rest: &'a str) {
        let length = rest.find('\n').unwrap_or(rest.len());
        let is_doc =
            rest.starts_with("//!") || rest.starts_with("///") && !rest.starts_with("////");
        let (kind, from) = if is_doc {
            (TokenKind::Doc, 3)
        } else {
            (TokenKind::Comment, 2)
        };
        self.push(kind, length, from..length);
    }

    fn block_comment(&mut self, rest: &'a str) {
        let mut depth = 0_usize;
        let mut length = 0;
        loop {
            let here = &rest[length..];
            if here.starts_with("/*") {
                depth += 1;
                length += 2;
            } else if here.starts_with("*/") {
                depth -= 1;
                length += 2;
            } else if let Some(c) = here.chars().next() {
                length += c.len_utf8();
            } else {
                break;
            }
            if depth == 0 {
                break;
            }
        }
        let is_doc = rest.starts_with("/*!") || rest.starts_with("/**");
        let kind = if is_doc {
            TokenKind::Doc
        } else {
            TokenKind::Comment
        };
        self.push(kind, length, 2..length.max(4) - 2);
    }

    /// A string whose opening quote ends at `open` and that `close` ends.
    fn string(&mut self, rest: &'a str, open: usize, close: &str) {
        let escapes = close == "\"" && !rest[..open].contains('r');
        let mut end = open;
        while end < rest.len() && !rest[end..].starts_with(close) {
            let mut chars = rest[end..].chars();
            let c = chars.next().unwrap_or('"');
            end += c.len_utf8();
            if escapes && c == '\\' {
                end += chars.next().map_or(0, char::len_utf8);
            }
        }
        let length = (end + close.len()).min(rest.len());
        self.push(TokenKind::Text, length, open..end.min(rest.len()));
    }

    fn push(&mut self, kind: TokenKind, length: usize, text: std::ops::Range<usize>) {
        let (source, start, line) = (self.source, self.at, self.line);
        self.skip(length);
        self.found.push(Token {
            kind,
            text: &source[start + text.start..start + text.end],
            line,
            last_line: self.line,
        });
    }

    fn skip(&mut self, length: usize) {
        let passed = &self.source[self.at..self.at + length];
        self.line += passed.bytes().filter(|b| *b == b'\n').count();
        self.at += length;
    }
}

/// The length up to and with the opening quote, and the end mark of the string that begins here.
fn string_start(rest: &str) -> Option<(usize, String)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| after.starts_with(['"', '#']))
    })?;
    let after = &rest[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let is_raw = prefix.ends_with('r');
    if !after[hashes..].starts_with('"') || (hashes > 0 && !is_raw) {
        return None;
    }
    Some((
        prefix.len() + hashes + 1,
        format!("\"{}", "#".repeat(hashes)),
    ))
}

/// The length of the character or the lifetime that begins here.
fn character_length(rest: &str) -> usize {
    let inside = &rest[1..];
    let mut chars = inside.chars();
    match chars.next() {
        Some('\\') => {
            let escaped = 1 + chars.next().map_or(0, char::len_utf8);
            let closing = inside[escaped..].find('\'').unwrap_or(0);
            1 + escaped + closing + 1
        }
        Some(c) if chars.next() == Some('\'') => 1 + c.len_utf8() + 1,
        _ => 1 + word_length(inside),
    }
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(rest.len())
}

/// `1.5` is one number; `1..5` and `1.max(2)` begin with one.
fn number_length(rest: &str) -> usize {
    let whole = word_length(rest);
    let fraction = rest[whole..]
        .strip_prefix('.')
        .filter(|after| after.starts_with(|c: char| c.is_ascii_digit()));
    whole + fraction.map_or(0, |after| 1 + word_length(after))
}

/// `tokens` without code that is compiled for tests only.
///
/// An item under `#[cfg(test)]`, `#[cfg(all(test, …))]` or `#[test]` is left out, a whole file under `#![cfg(test)]`.
pub(crate) fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((is_inner, inside, after)) = read_attribute(tokens, at) else {
            kept.push(tokens[at]);
            at += 1;
            continue;
        };
        if !is_for_tests(inside) {
            kept.extend_from_slice(&tokens[at..after]);
            at = after;
        } else if is_inner {
            return Vec::new();
        } else {
            at = item_end(tokens, after);
        }
    }
    kept
}

/// The attribute at `at`: whether it is an inner one, its tokens, and where it ends.
pub(crate) fn read_attribute<'t, 'a>(
    tokens: &'t [Token<'a>],
    at: usize,
) -> Option<(bool, &'t [Token<'a>], usize)> {
    if !tokens.get(at)?.is_mark('#') {
        return None;
    }
    let is_inner = tokens.get(at + 1)?.is_mark('!');
    let open = at + 1 + usize::from(is_inner);
    if !tokens.get(open)?.is_mark('[') {
        return None;
    }
    let close = find_closing(tokens, open)?;
    Some((is_inner, &tokens[open + 1..close], close + 1))
}

fn is_for_tests(attribute: &[Token<'_>]) -> bool {
    let words: Vec<&str> = attribute.iter().map(|token| token.text).collect();
    matches!(words.as_slice(), ["test"] | ["cfg", "(", "test", ")"])
        || words.starts_with(&["cfg", "(", "all", "(", "test"])
}

/// The end of the item at `at`: behind its `;`, or behind its braces.
fn item_end(tokens: &[Token<'_>], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        if token.is_mark(';') || token.is_mark(',') {
            return at + 1;
        }
        if token.is_mark('}') {
            return at;
        }
        if token.is_mark('{') {
            return find_closing(tokens, at).map_or(tokens.len(), |close| close + 1);
        }
        at = match (
            token.is_mark('(') || token.is_mark('['),
            find_closing(tokens, at),
        ) {
            (true, Some(close)) => close + 1,
            _ => at + 1,
        };
    }
    at
}

/// The bracket that closes the one at `open`.
pub(crate) fn find_closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.kind != TokenKind::Mark {
            continue;
        }
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str, kind: TokenKind) -> Vec<&str> {
        let found = split_tokens(source);
        let of_kind = found.iter().filter(|token| token.kind == kind);
        of_kind.map(|token| token.text).collect()
    }

    #[test]
    fn comments_strings_and_names_are_told_apart() {
        let source = "/// A doc.\nfn f<'a>() { // a comment\n let s = \"a // \\\" string\"; let c = '\"'; }\n/* one /* two */ */";
        assert_eq!(texts(source, TokenKind::Doc), [" A doc."]);
        assert_eq!(
            texts(source, TokenKind::Comment),
            [" a comment", " one /* two */ "]
        );
        assert_eq!(texts(source, TokenKind::Text), ["a // \\\" string"]);
        assert_eq!(
            texts(source, TokenKind::Word),
            ["fn", "f", "let", "s", "let", "c"]
        );
    }

    #[test]
    fn raw_strings_end_at_their_own_quote() {
        let source = "let a = r#\"x \"quoted\" // y\"#; let b = br\"\\\"; r#type; b'\\''; c\"z\"";
        assert_eq!(
            texts(source, TokenKind::Text),
            ["x \"quoted\" // y", "\\", "z"]
        );
        assert_eq!(
            texts(source, TokenKind::Word),
            ["let", "a", "let", "b", "type", "b"]
        );
    }

    #[test]
    fn lines_are_counted_through_strings() {
        let source = "let a = \"one\ntwo\";\n/* x\ny */ b";
        let found = split_tokens(source);
        let lines: Vec<_> = found
            .iter()
            .map(|t| (t.text, t.line, t.last_line))
            .collect();
        assert_eq!(lines[3], ("one\ntwo", 1, 2));
        assert_eq!(lines.last(), Some(&("b", 4, 4)));
    }

    #[test]
    fn tests_are_left_out() {
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
        let found = split_tokens(&source);
        let kept = without_tests(&found);
        let words = kept.iter().filter(|token| token.kind == TokenKind::Word);
        let words: Vec<_> = words.map(|token| token.text).collect();
        assert_eq!(
            words,
            [
                "fn", "a", "derive", "Debug", "struct", "D", "f", "u8", "fn", "i"
            ]
        );
        assert!(without_tests(&split_tokens("#![cfg(test)]\nfn a() {}")).is_empty());
    }
}
