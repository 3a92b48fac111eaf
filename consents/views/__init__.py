"""The signing page of patients, and the pages of the clinic about forms."""
