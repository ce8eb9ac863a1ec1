<?php
$s = new SoapServer(null, ["uri" => "urn:a"]); $s->addFunction("strtoupper"); ob_start(); $s->handle("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><strtoupper xmlns=\"urn:a\"><s>word</s></strtoupper></Body></Envelope>"); $out = ob_get_clean(); header_remove("Content-Length"); header("Content-Type: text/plain"); echo strip_tags($out);
