"""The page on which approvers and operators choose how they get mails about tasks."""
