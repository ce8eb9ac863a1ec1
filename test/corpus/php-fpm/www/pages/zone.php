<?php
echo (new DateTime("2024-07-01 12:00", new DateTimeZone("Australia/Lord_Howe")))->format("c");
