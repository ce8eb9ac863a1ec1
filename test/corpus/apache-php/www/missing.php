<?php http_response_code(404); echo "Nothing here: ", $_SERVER["REDIRECT_URL"] ?? "";
