<?php
echo strrev(file_get_contents("php://input"));
