Rails.application.routes.draw do
  get 'health', to: ->(_env) { [200, { 'Content-Type' => 'application/json' }, ['{"ok":true}']] }
  resources :notes, only: %i[index show create] do
    get :feed, on: :collection
    post :send_by_mail, on: :member
  end
  get 'tools/:action', controller: :tools
end
