{hello => 'Bonjour'};
