//! What is known of a witness.

use std::time::SystemTime;

use hefu_types::Size;

/// How a witness stands, as the operator may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The size that it cosigned last, as far as is known.
    pub size: Size,
    /// Whether it has said since the start how far it had seen the log, and that was no more than is here.
    pub answered: bool,
    /// Why it did not cosign when it was asked last.
    pub trouble: Option<Trouble>,
    /// Since when it is in this trouble, or in none.
    pub since: SystemTime,
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It gave no answer, or none that can be used.
    #[error("{0}")]
    Silent(String),
    /// It has cosigned a larger size than the log has.
    #[error("it has cosigned {0} entries, more than the log has")]
    Ahead(Size),
    /// What it cosigned does not begin this log.
    #[error("it has cosigned {0} entries, which are not those of the log")]
    Forked(Size),
}

impl Default for Standing {
    fn default() -> Self {
        Self { size: Size::EMPTY, answered: false, trouble: None, since: SystemTime::now() }
    }
}

impl Standing {
    /// Takes note of how it went: the size that it cosigned, or why it did not. A change is logged, and nothing else is.
    pub(super) fn turn(&mut self, name: &str, outcome: Result<Size, Trouble>) {
        let before = self.trouble.take();
        match outcome {
            Ok(size) => (self.size, self.answered) = (size, true),
            Err(trouble) => self.trouble = Some(trouble),
        }
        match (&before, &self.trouble) {
            (None, Some(Trouble::Silent(error))) => tracing::warn!(witness = name, error, "a witness is down"),
            (Some(_), None) => tracing::warn!(witness = name, size = %self.size, "a witness is up again"),
            // What it holds against the log is said once, and not again with every size.
            (None | Some(Trouble::Silent(_)), Some(evidence @ (Trouble::Ahead(_) | Trouble::Forked(_)))) => {
                tracing::error!(witness = name, error = %evidence, "a witness has seen another log");
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        if before.is_some() != self.trouble.is_some() {
            self.since = SystemTime::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_keeps_what_was_cosigned_and_since_when_it_is_in_trouble() {
        let silent = |why: &str| Err(Trouble::Silent(why.to_owned()));
        let mut standing = Standing::default();
        assert!(!standing.answered);
        standing.turn("w", Ok(Size::new(7)));
        assert_eq!((standing.size.get(), standing.answered, &standing.trouble), (7, true, &None));
        standing.turn("w", silent("refused"));
        let since = standing.since;
        standing.turn("w", silent("late"));
        assert_eq!((standing.size.get(), standing.since), (7, since), "in trouble since the first failure");
        assert_eq!(standing.trouble, Some(Trouble::Silent("late".to_owned())));
        standing.turn("w", Ok(Size::new(9)));
        assert_eq!((standing.size.get(), &standing.trouble), (9, &None));
        standing.turn("w", Err(Trouble::Ahead(Size::new(12))));
        assert_eq!((standing.size.get(), standing.trouble), (9, Some(Trouble::Ahead(Size::new(12)))));
    }
}
