<?php
echo gethostbyname("localhost");
