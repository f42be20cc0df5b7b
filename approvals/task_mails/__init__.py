"""Mails about tasks of approvers and operators: sent one by one, or in one digest a day."""
