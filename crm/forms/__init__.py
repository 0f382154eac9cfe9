"""What pages of crm ask of a person."""

from crm.forms.offers import OfferForm
from crm.forms.outcomes import OutcomeForm
from crm.forms.summaries import SummaryForm
from crm.forms.uploads import MappingForm, UploadForm

__all__ = ["MappingForm", "OfferForm", "OutcomeForm", "SummaryForm", "UploadForm"]
