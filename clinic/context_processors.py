"""x"""


def portal(request):
    return {}
