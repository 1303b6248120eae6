//! Chinese or English: the language of everything that is for people. What is for programs (codes, JSON, CSV) never follows it.
//!
//! Both languages of a sentence stand side by side where it is said ([`both`]), so that neither can be forgotten. What comes from
//! elsewhere has a table each: codes of refusals ([`reasons`]), headings of tables ([`headings`]), words of the wire
//! (`words.rs`), and codes of this program (`codes.rs`).

pub(crate) mod codes;
pub(crate) mod headings;
pub(crate) mod help;
pub(crate) mod reasons;

use std::sync::OnceLock;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// What was chosen when the program started.
static CHOSEN: OnceLock<Lang> = OnceLock::new();

impl Lang {
    /// The language of the locale: Chinese when the first of these variables that says anything begins with `zh`.
    pub(crate) fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        let said =
            ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
        if said.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh")) { Self::Zh } else { Self::En }
    }

    /// The language that arguments ask for, else a variable, else the locale. It is known before anything is parsed, for help needs it.
    pub(crate) fn wanted(
        arguments: impl IntoIterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut arguments = arguments.into_iter();
        let flag = loop {
            match arguments.next().as_deref() {
                None | Some("--") => break None,
                Some("--lang") => break arguments.next(),
                Some(argument) => {
                    if let Some(said) = argument.strip_prefix("--lang=") {
                        break Some(said.to_owned());
                    }
                }
            }
        };
        let said = flag.or_else(|| variable("HEFU_LANG"));
        let known = said.and_then(|said| <Self as clap::ValueEnum>::from_str(&said, true).ok());
        known.unwrap_or_else(|| Self::of_locale(variable))
    }

    /// Makes it the language of this run. The first choice holds.
    pub(crate) fn choose(self) {
        CHOSEN.get_or_init(|| self);
    }

    /// The language of this run: English before one was chosen, as in unit tests.
    pub(crate) fn now() -> Self {
        CHOSEN.get().copied().unwrap_or(Self::En)
    }

    /// The one of two texts that is in this language.
    pub(crate) const fn of<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }

    /// The name in this language, or the other one where it has none.
    pub(crate) const fn name<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh if !zh.is_empty() => zh,
            Self::En if en.is_empty() => zh,
            Self::Zh | Self::En => en,
        }
    }
}

/// Whether a text has a Chinese character.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// A sentence in the language of this run: English, Chinese, and what both of them name.
macro_rules! both {
    ($en:literal, $zh:literal $(, $($named:tt)*)?) => {
        match $crate::lang::Lang::now() {
            $crate::lang::Lang::En => format!($en $(, $($named)*)?),
            $crate::lang::Lang::Zh => format!($zh $(, $($named)*)?),
        }
    };
}
pub(crate) use both;

/// The same on stderr, as a line.
macro_rules! note {
    ($($said:tt)+) => { eprintln!("{}", $crate::lang::both!($($said)+)) };
}
pub(crate) use note;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_anything_decides() {
        let of = |all: &str, messages: &str, lang: &str| {
            Lang::of_locale(|name| match name {
                "LC_ALL" => Some(all.to_owned()),
                "LC_MESSAGES" => Some(messages.to_owned()),
                _ => (lang != "-").then(|| lang.to_owned()),
            })
        };
        assert_eq!(of("", "", "zh_CN.UTF-8"), Lang::Zh);
        assert_eq!(of("", "ZH", "en_GB"), Lang::Zh);
        assert_eq!(of("C", "zh_CN", "zh_CN"), Lang::En);
        assert_eq!(of("", "", "-"), Lang::En);
    }

    #[test]
    fn a_flag_goes_before_a_variable_and_that_before_the_locale() {
        let of = |line: &str, variable: Option<&str>| {
            Lang::wanted(line.split(' ').map(str::to_owned), |name| match name {
                "HEFU_LANG" => variable.map(str::to_owned),
                "LANG" => Some("zh_CN".into()),
                _ => None,
            })
        };
        assert_eq!([of("hefu board", None), of("hefu board", Some("en"))], [Lang::Zh, Lang::En]);
        assert_eq!([of("hefu --lang en board", Some("zh")), of("hefu board --lang=en", None)], [Lang::En, Lang::En]);
        assert_eq!(of("hefu submit -- --lang en", None), Lang::Zh);
        assert_eq!(of("hefu --lang fr", None), Lang::Zh, "refused when it is parsed");
    }

    #[test]
    fn a_name_falls_back_to_the_other_language() {
        assert_eq!([Lang::Zh.name("贵州", "Guizhou"), Lang::En.name("贵州", "Guizhou")], ["贵州", "Guizhou"]);
        assert_eq!([Lang::Zh.name("", "Guizhou"), Lang::En.name("贵州", "")], ["Guizhou", "贵州"]);
    }

    /// The lines of this program's sources, each with its place.
    fn lines() -> Vec<(String, String)> {
        fn walk(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    walk(&entry, found);
                } else if entry.extension().is_some_and(|ext| ext == "rs") && !entry.ends_with("tests.rs") {
                    let text = std::fs::read_to_string(&entry).unwrap();
                    let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                    found.extend(
                        (1..)
                            .zip(product.lines())
                            .map(|(n, line)| (format!("{}:{n}", entry.display()), line.to_owned())),
                    );
                }
            }
        }
        let mut found = vec![];
        walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found
    }

    #[test]
    fn every_column_has_a_chinese_heading() {
        let columns = lines().into_iter().filter_map(|(place, line)| {
            let field = line.strip_prefix("        both ").or_else(|| line.strip_prefix("        data "))?;
            Some((place, field.split_once(':')?.0.to_owned()))
        });
        let missing: Vec<_> = columns.filter(|(_, name)| headings::chinese(headings::stem(name)).is_none()).collect();
        assert!(missing.is_empty(), "add them to lang/headings.rs: {missing:#?}");
    }

    /// Whether a literal says more than what is put into it.
    fn has_words(literal: &str) -> bool {
        let text = literal.trim_start_matches('"').split('"').next().unwrap_or_default().replace("\\n", "");
        let outside = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
        outside.collect::<String>().chars().any(char::is_alphabetic)
    }

    #[test]
    fn every_note_is_in_both_languages() {
        let alone = lines().into_iter().filter(|(_, line)| {
            let said = line.split_once("eprintln!(").map(|(_, said)| said.trim_start());
            said.is_some_and(|said| said.is_empty() || said.starts_with('"') && has_words(said))
        });
        let alone: Vec<_> = alone.collect();
        assert!(alone.is_empty(), "say it with note!(english, chinese): {alone:#?}");
    }
}
