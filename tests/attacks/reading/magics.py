"""IPython's magics and the shell read files."""

INTENT = "magics run outside of what is restricted"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
!cat /etc/shadow /root/.bashrc /course/solutions/*/*.ipynb 2>&1 | head -c 2000
!timeout 1 find / -name '*.ipynb' -not -path '*/site-packages/*' 2>/dev/null | head
!timeout 1 grep -rs 'CANARY-' /home /root /tmp /work 2>/dev/null | head
%env
%ls /
"""
]
