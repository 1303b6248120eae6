//! What a view is, and which ones there are.

use hefu_types::Event;

use crate::assurance::AssuranceView;
use crate::error::ViewError;
use crate::members::MembersView;
use crate::plan::PlanView;
use crate::reports::ReportsView;
use crate::row::RowWriter;
use crate::series::SeriesView;
use crate::store::{RowStore, Rows, ViewId};

/// A projection of the log. Its rows are a function of single events: it reads neither rows nor other events.
pub trait View: Send + Sync {
    /// Its name and the version of its rows.
    fn id(&self) -> ViewId;

    /// The rows that one event adds; most events add none.
    ///
    /// # Errors
    /// Only when the view has a defect: a key written twice, or a row that does not encode.
    fn apply(&self, event: &Event, rows: &mut RowWriter<'_>) -> Result<(), ViewError>;
}

/// All views, by name.
pub static VIEWS: [&dyn View; 5] = [&AssuranceView, &MembersView, &PlanView, &ReportsView, &SeriesView];

/// The rows that queries read.
pub struct Tables<'a> {
    /// What was planned.
    pub plan: Box<dyn Rows + 'a>,
    /// What was observed.
    pub series: Box<dyn Rows + 'a>,
    /// What became of reports.
    pub reports: Box<dyn Rows + 'a>,
    /// What others think of it.
    pub assurance: Box<dyn Rows + 'a>,
    /// Who may speak.
    pub members: Box<dyn Rows + 'a>,
}

impl<'a> Tables<'a> {
    /// The tables of a store.
    #[must_use]
    pub fn of(store: &'a dyn RowStore) -> Self {
        Self {
            plan: store.rows(&PlanView.id()),
            series: store.rows(&SeriesView.id()),
            reports: store.rows(&ReportsView.id()),
            assurance: store.rows(&AssuranceView.id()),
            members: store.rows(&MembersView.id()),
        }
    }
}
