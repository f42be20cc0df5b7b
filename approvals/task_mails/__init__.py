"""Mails about tasks of approvers and operators: as they come, or in one digest a day."""
